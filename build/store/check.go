package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"path/filepath"
)

// Check reads an entry and says what is wrong with it, nil if nothing is. The
// path is that of a file below the store's directory.
func Check(path string, r io.Reader) error {
	return check(Kind(filepath.Base(filepath.Dir(filepath.Dir(path)))), key(path), r)
}

// Open returns the content of an entry from elsewhere.
func Open(k Kind, key string, entry []byte) ([]byte, error) {
	if err := check(k, key, bytes.NewReader(entry)); err != nil {
		return nil, err
	}
	return entry[len(magic)+sha256.Size:], nil
}

func check(k Kind, key string, r io.Reader) error {
	head := make([]byte, len(magic)+sha256.Size)
	if _, err := io.ReadFull(r, head); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return errors.New("cut off")
		}
		return err
	}
	sum, ok := bytes.CutPrefix(head, []byte(magic))
	if !ok {
		return errors.New("not an entry of the store")
	}
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return err
	}
	if !bytes.Equal(h.Sum(nil), sum) {
		return errors.New("content does not match its checksum")
	}
	if byContent(k) && key != hex.EncodeToString(sum) {
		return errors.New("content does not match its name")
	}
	return nil
}

// byContent reports whether an entry's name is the hash of its content.
func byContent(k Kind) bool { return k == Object || k == Source }

// key is the key of the entry at path.
func key(path string) string {
	return filepath.Base(filepath.Dir(path)) + filepath.Base(path)
}
