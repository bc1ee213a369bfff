// Package objfile takes apart and reassembles what cmd/compile writes: an ar
// archive with two members, __.PKGDEF (the export data that importers'
// compiles read) and _go_.o (the object that the linker reads).
//
// The wrapper in package toolexec uses it to find the export data, to replace
// the build ID and the fingerprints of imports in a stored archive, and to
// learn which functions of other packages an object has inlined. Formats:
// cmd/compile/internal/gc/obj.go, cmd/internal/archive, cmd/internal/goobj.
//
// Everything here works on byte slices in memory and is safe for concurrent
// use on different archives. Input may be damaged: nothing panics on it.
package objfile

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrFormat is wrapped by every error about bytes that are not what
// cmd/compile writes.
var ErrFormat = errors.New("not a compiler archive")

const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60
	exportStart  = "\n$$B\nu"
	exportEnd    = "\n$$\n"
	objectStart  = "\n!\n"
)

// An Archive is one compiler output, split into its parts. The slices alias
// the bytes given to [Parse].
type Archive struct {
	// Header is the text at the start of both members, without the build ID
	// line: "go object linux amd64 go1.26.8 …\n", then "main\n" for package main.
	Header string
	// BuildID is the text between the quotes of the build ID line; empty if
	// there is no such line.
	BuildID string
	// Export is the unified export data, from its version word to its
	// fingerprint.
	Export []byte

	// object is _go_.o after its header text: cgo section and "\n!\n" included.
	object []byte
	// goobj is the offset of the goobj header in object, -1 if there is none.
	goobj int
}

// Parse splits a compiler archive that has exactly the two members the
// compiler writes. Archives to which cmd/go has added objects (assembly, cgo)
// are refused: see [ParseExport] for those.
func Parse(b []byte) (*Archive, error) {
	def, rest, err := pkgDef(b)
	if err != nil {
		return nil, err
	}
	a, err := parseDef(def)
	if err != nil {
		return nil, err
	}
	name, obj, rest, err := member(rest)
	if err != nil {
		return nil, err
	}
	if name != "_go_.o" || len(rest) != 0 {
		return nil, fmt.Errorf("%w: member %q with %d bytes after it", ErrFormat, name, len(rest))
	}
	return a, a.splitObject(obj)
}

// ParseExport returns the header, build ID and export data of any package
// archive, ignoring the members after __.PKGDEF.
func ParseExport(b []byte) (*Archive, error) {
	def, _, err := pkgDef(b)
	if err != nil {
		return nil, err
	}
	return parseDef(def)
}

func pkgDef(b []byte) (def, rest []byte, err error) {
	if !bytes.HasPrefix(b, []byte(arMagic)) {
		return nil, nil, fmt.Errorf("%w: no archive magic", ErrFormat)
	}
	name, def, rest, err := member(b[len(arMagic):])
	if err == nil && name != "__.PKGDEF" {
		err = fmt.Errorf("%w: first member is %q", ErrFormat, name)
	}
	return def, rest, err
}

// member reads the ar member at the start of b.
func member(b []byte) (name string, data, rest []byte, err error) {
	if len(b) < arHeaderSize || b[58] != '`' || b[59] != '\n' {
		return "", nil, nil, fmt.Errorf("%w: bad member header", ErrFormat)
	}
	size, err := strconv.ParseUint(strings.TrimRight(string(b[48:58]), " "), 10, 40)
	if err != nil || size > uint64(len(b)-arHeaderSize) {
		return "", nil, nil, fmt.Errorf("%w: bad member size", ErrFormat)
	}
	name = strings.TrimRight(string(b[:16]), " ")
	end := arHeaderSize + int(size)
	data = b[arHeaderSize:end:end]
	rest = b[end:]
	if size&1 != 0 && len(rest) > 0 { // members are padded to even length
		rest = rest[1:]
	}
	return name, data, rest, nil
}

func parseDef(def []byte) (*Archive, error) {
	i := bytes.Index(def, []byte(exportStart))
	if i < 0 || !bytes.HasSuffix(def, []byte(exportEnd)) {
		return nil, fmt.Errorf("%w: no unified export data", ErrFormat)
	}
	a := &Archive{goobj: -1}
	text := string(def[:i])
	if err := a.splitHeader(text); err != nil {
		return nil, err
	}
	start := i + len(exportStart)
	end := len(def) - len(exportEnd)
	if start > end {
		return nil, fmt.Errorf("%w: export data cut short", ErrFormat)
	}
	a.Export = def[start:end:end]
	return a, nil
}

// splitHeader takes the build ID line out of a member's header text, which
// ends in the blank line's newline.
func (a *Archive) splitHeader(text string) error {
	var kept strings.Builder
	for i, line := range strings.SplitAfter(text, "\n") {
		if id, ok := strings.CutPrefix(line, "build id "); ok && i == 1 {
			s, err := strconv.Unquote(strings.TrimSuffix(id, "\n"))
			if err != nil {
				return fmt.Errorf("%w: build ID line", ErrFormat)
			}
			a.BuildID = s
			continue
		}
		kept.WriteString(line)
	}
	a.Header = kept.String()
	if !strings.HasPrefix(a.Header, "go object ") || !strings.HasSuffix(a.Header, "\n\n") {
		return fmt.Errorf("%w: header text", ErrFormat)
	}
	return nil
}

func (a *Archive) splitObject(obj []byte) error {
	head := headerText(a.Header, a.BuildID)
	if !bytes.HasPrefix(obj, []byte(head)) {
		return fmt.Errorf("%w: the two members' headers differ", ErrFormat)
	}
	a.object = obj[len(head):]
	if i := bytes.Index(a.object, []byte(objectStart+goobjMagic)); i >= 0 {
		a.goobj = i + len(objectStart)
	}
	return nil
}

func headerText(header, buildID string) string {
	if buildID == "" {
		return header
	}
	first, rest, _ := strings.Cut(header, "\n")
	return first + "\nbuild id " + strconv.Quote(buildID) + "\n" + rest
}

// Bytes assembles the archive exactly as the compiler writes it.
func (a *Archive) Bytes() []byte { return bytes.Join(a.Parts(), nil) }

// Parts is Bytes in pieces, which are those of a where they are large: an archive
// with embedded files can have a hundred megabytes.
func (a *Archive) Parts() [][]byte {
	head := []byte(headerText(a.Header, a.BuildID))
	parts := appendMember([][]byte{[]byte(arMagic)}, "__.PKGDEF", head, []byte(exportStart), a.Export, []byte(exportEnd))
	return appendMember(parts, "_go_.o", head, a.object)
}

func appendMember(out [][]byte, name string, parts ...[]byte) [][]byte {
	size := 0
	for _, p := range parts {
		size += len(p)
	}
	// cmd/internal/archive.FormatHeader: no time, owner or group, mode 0644.
	out = append(out, fmt.Appendf(nil, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", name, 0, 0, 0, 0o644, size))
	out = append(out, parts...)
	if size&1 != 0 {
		out = append(out, []byte{0})
	}
	return out
}

// Escape gives a package path as the linker writes it in symbol names
// (cmd/internal/objabi.PathToPrefix): '.' in the last segment, '%', '"',
// control characters and bytes beyond ASCII become %xx.
func Escape(path string) string {
	slash := strings.LastIndexByte(path, '/')
	var out strings.Builder
	for i := range len(path) {
		c := path[i]
		if c <= ' ' || c == '.' && i > slash || c == '%' || c == '"' || c >= 0x7f {
			fmt.Fprintf(&out, "%%%02x", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}
