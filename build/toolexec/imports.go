package toolexec

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
)

// An Import is one import of a compile: which archive it was.
type Import struct {
	Path string `json:"path"`
	// ContentID is the hash that cmd/go writes into the archive's build ID.
	ContentID string `json:"content_id"`
	// Export is the digest of the export data.
	Export string `json:"export"`
}

// An importFile is an import's archive on disk, read no further than needed.
type importFile struct {
	path, file string
	contentID  string

	archive *objfile.Archive // of __.PKGDEF only
	export  string           // digest of archive.Export
}

// openImport reads the content ID in the head of an archive.
func openImport(path, file string) (*importFile, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var buf [1024]byte
	n, err := io.ReadFull(f, buf[:])
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	im := &importFile{path: path, file: file}
	_, rest, ok := bytes.Cut(buf[:n], []byte("\nbuild id "))
	line, _, ok2 := bytes.Cut(rest, []byte("\n"))
	if id, err := strconv.Unquote(string(line)); ok && ok2 && err == nil {
		// actionID/contentID; equal halves mean that cmd/go has not hashed it.
		if a, c, ok := strings.Cut(id, "/"); ok && a != c && !strings.Contains(c, "/") {
			im.contentID = c
		}
	}
	return im, nil
}

// load reads the export data and computes its digest.
func (im *importFile) load() error {
	if im.archive != nil {
		return nil
	}
	b, err := readPkgDef(im.file)
	if err != nil {
		return err
	}
	a, err := objfile.ParseExport(b)
	if err != nil {
		return fmt.Errorf("%s: %w", im.path, err)
	}
	im.archive, im.export = a, store.Key(a.Export)
	return nil
}

// readPkgDef reads the first member of the archive and what comes before it.
func readPkgDef(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 68)
	if _, err := io.ReadFull(f, head); err != nil {
		return nil, err
	}
	size, err := strconv.ParseUint(strings.TrimSpace(string(head[56:66])), 10, 31)
	if err != nil {
		return nil, fmt.Errorf("%w: size of the first member", objfile.ErrFormat)
	}
	b := make([]byte, len(head)+int(size))
	copy(b, head)
	_, err = io.ReadFull(f, b[len(head):])
	return b, err
}

// same reports whether im is the archive that was remembered, or has the same
// export data.
func (im *importFile) same(old Import) (bool, error) {
	if im.contentID != "" && im.contentID == old.ContentID {
		return true, nil
	}
	if err := im.load(); err != nil {
		return false, err
	}
	return im.export == old.Export, nil
}

// iface is an interface as stored: with its position-free digest.
type iface struct {
	cutoff.Interface
	digest cutoff.Digest
	raw    []byte // the export data's bytes
}

// putInterface stores x under the digest of its export data.
func (w *wrapper) putInterface(export []byte, x *iface) error {
	layout := x.Layout.Bytes()
	head := binary.LittleEndian.AppendUint32(nil, uint32(len(layout)))
	head = append(head, x.digest[:]...)
	return w.put(store.Interface, store.Key(export), head, layout, export)
}

// getInterface reads what putInterface stored. The export data is left alone:
// call parse before using x.Export.
func getInterface(st *store.Store, export string) (*iface, error) {
	b, err := st.Get(store.Interface, export)
	if err != nil {
		return nil, err
	}
	x := &iface{}
	const fixed = 4 + len(x.digest)
	if len(b) < fixed || uint64(binary.LittleEndian.Uint32(b)) > uint64(len(b)-fixed) {
		return nil, fmt.Errorf("%w: interface %s cut short", store.ErrMiss, export)
	}
	n := int(binary.LittleEndian.Uint32(b))
	copy(x.digest[:], b[4:])
	x.raw = b[fixed+n:]
	x.Layout, err = cutoff.ParseLayout(b[fixed : fixed+n])
	return x, err
}

func (x *iface) parse() (err error) {
	if x.Export == nil {
		x.Export, err = cutoff.ParseExport(x.raw)
	}
	return err
}

// fingerprint is the last 8 bytes of the export data.
func fingerprint(export []byte) (fp objfile.Fingerprint) {
	copy(fp[:], export[max(0, len(export)-8):])
	return fp
}

func digestText(d cutoff.Digest) string { return hex.EncodeToString(d[:]) }
