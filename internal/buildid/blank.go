// Package buildid takes the build IDs out of a linked binary, so that what
// two builds made can be compared byte for byte.
//
// cmd/go derives the build ID from the action that made a file, not from its
// bytes alone: two identical programs built along different ways carry
// different IDs. Everything else must be the same, and is left alone here.
package buildid

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"encoding/binary"
	"fmt"
	"os"
)

// Blank returns the contents of a file with everything that cmd/go and the
// linker derive from the build ID set to zero:
//
//   - in ELF files the Go build ID note and the GNU build ID note;
//   - in all others the ID at the start of the text segment;
//   - in Mach-O files besides that the UUID and the code signature;
//   - in Go archives the "build id" header lines.
//
// The length does not change. A file without a build ID is returned as it
// is.
func Blank(file string) ([]byte, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("blank build ID: %w", err)
	}
	switch {
	case bytes.HasPrefix(data, []byte(elf.ELFMAG)):
		err = blankELF(data)
	case bytes.HasPrefix(data, []byte("!<arch>\n")):
		blankArchive(data)
	default:
		blankText(data)
		err = blankMachO(data)
	}
	if err != nil {
		return nil, fmt.Errorf("blank build ID of %s: %w", file, err)
	}
	return data, nil
}

// textPrefix and textSuffix enclose the build ID in the text segment of
// files that have no notes. See cmd/internal/buildid.
const (
	textPrefix = "\xff Go build ID: \""
	textSuffix = "\"\n \xff"
)

// textLimit is how far into the file cmd/go itself looks for the ID.
const textLimit = 32 * 1024

func blankText(data []byte) {
	head := data[:min(len(data), textLimit)]
	start := bytes.Index(head, []byte(textPrefix))
	if start < 0 {
		return
	}
	start += len(textPrefix)
	if end := bytes.Index(data[start:], []byte(textSuffix)); end >= 0 {
		clear(data[start : start+end])
	}
}

// blankArchive clears the IDs in the headers of __.PKGDEF and _go_.o.
func blankArchive(data []byte) {
	marker := []byte("\nbuild id \"")
	for rest := data; ; {
		i := bytes.Index(rest, marker)
		if i < 0 {
			return
		}
		rest = rest[i+len(marker):]
		end := bytes.IndexByte(rest, '\n')
		if end < 1 || rest[end-1] != '"' {
			continue // these bytes mean something else
		}
		clear(rest[:end-1])
	}
}

// Types of the notes, which are meaningful together with the owner's name.
const (
	goBuildID  = 4
	gnuBuildID = 3
)

func blankELF(data []byte) error {
	f, err := elf.NewFile(bytes.NewReader(data))
	if err != nil {
		return err
	}
	for _, p := range f.Progs {
		// The segment covers the note sections, also after strip.
		if p.Type != elf.PT_NOTE {
			continue
		}
		if p.Off > uint64(len(data)) || p.Filesz > uint64(len(data))-p.Off {
			return fmt.Errorf("note segment at %#x reaches past the end", p.Off)
		}
		blankNotes(data[p.Off:p.Off+p.Filesz], f.ByteOrder, p.Align)
	}
	for _, s := range f.Sections {
		// Relocatable files have sections only.
		if s.Type == elf.SHT_NOTE && s.Offset <= uint64(len(data)) && s.Size <= uint64(len(data))-s.Offset {
			blankNotes(data[s.Offset:s.Offset+s.Size], f.ByteOrder, s.Addralign)
		}
	}
	return nil
}

// blankNotes walks the notes of one segment or section.
func blankNotes(notes []byte, order binary.ByteOrder, align uint64) {
	if align != 8 {
		align = 4
	}
	round := func(n uint64) uint64 { return (n + align - 1) &^ (align - 1) }
	const header = 12
	for len(notes) >= header {
		nameLen := uint64(order.Uint32(notes))
		descLen := uint64(order.Uint32(notes[4:]))
		kind := order.Uint32(notes[8:])
		descAt := round(header + nameLen)
		if descAt+descLen > uint64(len(notes)) {
			return
		}
		name := string(bytes.TrimRight(notes[header:header+nameLen], "\x00"))
		if name == "Go" && kind == goBuildID || name == "GNU" && kind == gnuBuildID {
			clear(notes[descAt : descAt+descLen])
		}
		notes = notes[min(round(descAt+descLen), uint64(len(notes))):]
	}
}

// Load commands of Mach-O files that package macho does not name.
const (
	loadUUID          = 0x1b
	loadCodeSignature = 0x1d
)

// blankMachO clears the UUID, which the linker derives from the build ID,
// and the signature, which covers both. Other files are left alone.
func blankMachO(data []byte) error {
	f, err := macho.NewFile(bytes.NewReader(data))
	if err != nil {
		return nil // not Mach-O
	}
	at := 28
	if f.Magic == macho.Magic64 {
		at = 32
	}
	for _, load := range f.Loads {
		raw := load.Raw()
		if at+len(raw) > len(data) || len(raw) < 16 {
			at += len(raw)
			continue
		}
		switch f.ByteOrder.Uint32(raw) {
		case loadUUID:
			clear(data[at+8 : at+len(raw)])
		case loadCodeSignature:
			off, size := uint64(f.ByteOrder.Uint32(raw[8:])), uint64(f.ByteOrder.Uint32(raw[12:]))
			if off+size > uint64(len(data)) {
				return fmt.Errorf("code signature at %#x reaches past the end", off)
			}
			clear(data[off : off+size])
		}
		at += len(raw)
	}
	return nil
}
