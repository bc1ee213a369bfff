package result

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// UpdateFile puts body into the block called name of a Markdown file, which
// is made where it does not exist.
func UpdateFile(file, name, body string) error {
	doc, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read document: %w", err)
	}
	doc, err = ReplaceBlock(doc, name, body)
	if err != nil {
		return fmt.Errorf("update %q: %w", file, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	if err := os.WriteFile(file, doc, 0o644); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// ReplaceBlock replaces what stands between the markers
//
//	<!-- bench:NAME begin -->
//	<!-- bench:NAME end -->
//
// and nothing else. Without markers the block goes to the end of doc.
func ReplaceBlock(doc []byte, name, body string) ([]byte, error) {
	begin := []byte("<!-- bench:" + name + " begin -->")
	end := []byte("<!-- bench:" + name + " end -->")
	if bytes.Count(doc, begin) > 1 || bytes.Count(doc, begin) != bytes.Count(doc, end) {
		return nil, fmt.Errorf("markers %q and %q do not pair up", begin, end)
	}
	before, rest, found := bytes.Cut(doc, begin)
	var after []byte
	if found {
		var closed bool
		if _, after, closed = bytes.Cut(rest, end); !closed {
			return nil, fmt.Errorf("marker %q stands before %q", end, begin)
		}
	} else {
		if len(before) > 0 {
			before = append(bytes.TrimRight(before, "\n"), "\n\n"...)
		}
		after = []byte("\n")
	}
	text := bytes.TrimSpace([]byte(body))
	return bytes.Join([][]byte{before, begin, []byte("\n"), text, []byte("\n"), end, after}, nil), nil
}
