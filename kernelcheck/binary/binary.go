package binary

import (
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"fmt"
	"go/version"
	"io"
	"os"
	"strings"

	"github.com/gust-go/gust/kernelcheck/experiment"
	"github.com/gust-go/gust/kernelcheck/fact"
)

// ErrNotGo is the cause of the error for a file that is no Go program.
var ErrNotGo = errors.New("not a Go program")

// Read inspects a file.
func Read(file string) (*fact.Program, error) {
	// A named pipe would make the opening wait for who writes to it.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("inspect %q: %w: it is not a regular file", file, ErrNotGo)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("inspect: %w", err)
	}
	defer f.Close()
	p, err := ReadFrom(f)
	if err != nil {
		return nil, fmt.Errorf("inspect %q: %w", file, err)
	}
	p.Name = file
	return p, nil
}

// ReadFrom inspects the executable in r. Damaged input is an error.
func ReadFrom(r io.ReaderAt) (p *fact.Program, err error) {
	// debug/elf promises not to check everything.
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("%w: damaged: %v", ErrNotGo, v)
		}
	}()
	info, err := buildinfo.Read(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrNotGo, err)
	}
	p = &fact.Program{Binary: true, Version: info.GoVersion, Cgo: fact.Unknown, Static: fact.Unknown, Debug: map[string]string{}}
	p.SetVersion(info.GoVersion)
	p.Modules = map[string]string{info.Main.Path: info.Main.Version}
	for _, m := range info.Deps {
		p.Modules[m.Path] = m.Version
	}
	for _, s := range info.Settings {
		setting(p, s.Key, s.Value)
	}
	if len(info.Settings) > 0 {
		// A release that stamps settings leaves DefaultGODEBUG out where all are
		// at their own (Go 1.21 and later).
		p.DebugKnown = version.Compare(p.Go, "go1.21") >= 0
	}
	readELF(r, p)
	return p, nil
}

func setting(p *fact.Program, key, value string) {
	switch key {
	case "GOOS":
		p.OS = value
	case "GOARCH":
		p.Arch = value
	case "GOAMD64", "GOARM64":
		p.Level = value
	case "CGO_ENABLED":
		p.Cgo = fact.No
		if value == "1" {
			p.Cgo = fact.Unknown // allowed; whether it is used shows in the ELF file
		}
	case "-race":
		p.Race = value == "true"
	case "-msan", "-asan":
		if value == "true" {
			p.Uses = append(p.Uses, key)
		}
	case "DefaultGODEBUG":
		p.Debug = experiment.ParseDebug(value)
	case "GOEXPERIMENT":
		p.RawExperiment = value
	}
}

// readELF takes what only the file itself tells; other formats tell nothing.
func readELF(r io.ReaderAt, p *fact.Program) {
	f, err := elf.NewFile(r)
	if err != nil {
		return
	}
	defer f.Close()
	if p.Arch == "" {
		p.Arch = archOf(f)
	}
	if p.OS == "" && (f.OSABI == elf.ELFOSABI_NONE || f.OSABI == elf.ELFOSABI_LINUX) {
		p.OS = "linux"
	}
	p.Static = fact.Yes
	for _, prog := range f.Progs {
		switch prog.Type {
		case elf.PT_INTERP:
			p.Static = fact.No
		case elf.PT_NOTE:
			if note := abiNote(prog, f); note != "" {
				p.ABINote = note
			}
		}
	}
	libs, _ := f.ImportedLibraries()
	for _, lib := range libs {
		if strings.HasPrefix(lib, "libc.") {
			p.Cgo = fact.Yes
		}
	}
	if p.Static == fact.Yes && p.Cgo == fact.Unknown {
		// A static program has a C library in it if it has that library's note.
		p.Cgo = fact.No
		if p.ABINote != "" {
			p.Cgo = fact.Yes
		}
	}
	if p.Static == fact.No && p.Cgo == fact.Unknown {
		p.Cgo = fact.No
	}
	p.Glibc = newestGlibc(f)
}

func archOf(f *elf.File) string {
	little := f.ByteOrder.String() == "LittleEndian"
	pick := func(le, be string) string {
		if little {
			return le
		}
		return be
	}
	wide := f.Class == elf.ELFCLASS64
	switch f.Machine {
	case elf.EM_X86_64:
		return "amd64"
	case elf.EM_386:
		return "386"
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_PPC64:
		return pick("ppc64le", "ppc64")
	case elf.EM_S390:
		return "s390x"
	case elf.EM_RISCV:
		return "riscv64"
	case elf.EM_LOONGARCH:
		return "loong64"
	case elf.EM_MIPS:
		if wide {
			return pick("mips64le", "mips64")
		}
		return pick("mipsle", "mips")
	}
	return ""
}

// maxNote bounds the notes read.
const maxNote = 1 << 16

// abiNote returns the kernel version of the GNU ABI tag in a note segment.
func abiNote(prog *elf.Prog, f *elf.File) string {
	if prog.Filesz > maxNote {
		return ""
	}
	data := make([]byte, prog.Filesz)
	if _, err := prog.ReadAt(data, 0); err != nil {
		return ""
	}
	order := f.ByteOrder
	for len(data) >= 12 {
		nameLen, descLen, kind := order.Uint32(data), order.Uint32(data[4:]), order.Uint32(data[8:])
		if nameLen > maxNote || descLen > maxNote {
			return ""
		}
		desc := 12 + int(nameLen+3)&^3
		end := desc + int(descLen+3)&^3
		if end > len(data) {
			return ""
		}
		if kind == 1 && nameLen == 4 && string(data[12:15]) == "GNU" && descLen >= 16 && order.Uint32(data[desc:]) == 0 {
			d := data[desc:]
			return fmt.Sprintf("%d.%d.%d", order.Uint32(d[4:]), order.Uint32(d[8:]), order.Uint32(d[12:]))
		}
		data = data[end:]
	}
	return ""
}

// newestGlibc returns the newest symbol version of glibc that is asked for.
func newestGlibc(f *elf.File) string {
	symbols, err := f.ImportedSymbols()
	if err != nil {
		return ""
	}
	newest := ""
	for _, s := range symbols {
		v, ok := strings.CutPrefix(s.Version, "GLIBC_")
		if ok && v != "PRIVATE" && (newest == "" || version.Compare("go"+v, "go"+newest) > 0) {
			newest = v
		}
	}
	return newest
}
