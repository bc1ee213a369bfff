package modgraph

import (
	"debug/buildinfo"
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// A Sizes says what a binary is made of, in bytes.
type Sizes struct {
	// Total is the size of the file; Symbols what its symbols cover.
	Total, Symbols int64
	// Modules and Packages are sorted by size, the largest first. Symbols of
	// no package, such as type data, are listed as "(runtime data)".
	Modules, Packages []SizeOf
	// Stripped is true if the binary has no symbol table.
	Stripped bool
}

// A SizeOf is the size of one module or package.
type SizeOf struct {
	Name  string
	Bytes int64
}

// Names for what belongs to no module or package.
const (
	stdName  = "std"
	dataName = "(runtime data)"
)

// symbol is one entry of a symbol table.
type symbol struct {
	name       string
	addr, size uint64
}

// SizesOf reads the symbol table of a Go binary.
func SizesOf(file string) (*Sizes, error) {
	info, err := buildinfo.ReadFile(file)
	if err != nil {
		return nil, fault.New(fault.Usage, "run: go build -o app . && gust graph size app", "read %q: %w", file, err)
	}
	stat, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", file, err)
	}
	symbols, err := readSymbols(file)
	if err != nil {
		return nil, fault.New(fault.Capability, "run: go version -m "+file, "read the symbols of %q: %w", file, err)
	}
	s := &Sizes{Total: stat.Size(), Stripped: len(symbols) == 0}
	packages, modules := make(map[string]int64), make(map[string]int64)
	paths := modulesOf(info)
	for _, sym := range symbols {
		pkg := symbolPackage(sym.name, info.Path)
		packages[pkg] += int64(sym.size)
		modules[moduleOf(pkg, paths)] += int64(sym.size)
		s.Symbols += int64(sym.size)
	}
	s.Modules, s.Packages = sorted(modules), sorted(packages)
	return s, nil
}

func sorted(m map[string]int64) []SizeOf {
	var out []SizeOf
	for name, n := range m {
		out = append(out, SizeOf{name, n})
	}
	slices.SortFunc(out, func(a, b SizeOf) int {
		if a.Bytes != b.Bytes {
			if a.Bytes > b.Bytes {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return out
}

func modulesOf(info *debug.BuildInfo) []string {
	paths := []string{info.Main.Path}
	for _, d := range info.Deps {
		paths = append(paths, d.Path)
	}
	return paths
}

// moduleOf finds the module of a package among those of the binary.
func moduleOf(pkg string, modules []string) string {
	best := ""
	for _, m := range modules {
		if m != "" && (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	switch {
	case best != "":
		return best
	case pkg == dataName:
		return dataName
	case strings.Contains(strings.Split(pkg, "/")[0], "."):
		return pkg
	}
	return stdName
}

// symbolPackage is the package a symbol is of. The linker names symbols
// path.Name, with dots in the last element of the path written as %2e; main
// is the path of the main package, which the linker calls "main".
func symbolPackage(name, main string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] // type arguments have paths of their own
	}
	for _, prefix := range []string{"type:", "go:", "runtime.types", "$"} {
		if strings.HasPrefix(name, prefix) {
			if rest, ok := strings.CutPrefix(name, "go:itab."); ok {
				return symbolPackage(strings.TrimPrefix(strings.Split(rest, ",")[0], "*"), main)
			}
			return dataName
		}
	}
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot <= 0 {
		return dataName
	}
	pkg := unescape(name[:slash+1+dot])
	if pkg == "main" && main != "" {
		return main
	}
	return pkg
}

// unescape undoes %xx in import paths.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		var c byte
		if s[i] == '%' && i+2 < len(s) {
			if n, err := fmt.Sscanf(s[i+1:i+3], "%02x", &c); n == 1 && err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// readSymbols reads symbols with their sizes, none if the table was
// stripped.
func readSymbols(file string) ([]symbol, error) {
	if f, err := elf.Open(file); err == nil {
		defer f.Close()
		return elfSymbols(f)
	}
	if f, err := macho.Open(file); err == nil {
		defer f.Close()
		return machoSymbols(f), nil
	}
	if f, err := pe.Open(file); err == nil {
		defer f.Close()
		return peSymbols(f), nil
	}
	return nil, fmt.Errorf("not an ELF, Mach-O or PE file")
}

func elfSymbols(f *elf.File) ([]symbol, error) {
	list, err := f.Symbols()
	if err != nil {
		if err == elf.ErrNoSymbols {
			return nil, nil
		}
		return nil, err
	}
	var out []symbol
	for _, s := range list {
		// Zeroed memory takes no room in the file.
		if n := int(s.Section); n > 0 && n < len(f.Sections) && f.Sections[n].Type != elf.SHT_NOBITS && s.Size > 0 {
			out = append(out, symbol{s.Name, s.Value, s.Size})
		}
	}
	return out, nil
}

func machoSymbols(f *macho.File) []symbol {
	if f.Symtab == nil {
		return nil
	}
	ends := make(map[int]uint64)
	sections := make(map[int][]symbol)
	for i, s := range f.Sections {
		ends[i+1] = s.Addr + s.Size
	}
	const stab, zerofill = 0xe0, 1
	for _, s := range f.Symtab.Syms {
		n := int(s.Sect)
		if s.Type&stab != 0 || n == 0 || n > len(f.Sections) || f.Sections[n-1].Flags&0xff == zerofill {
			continue
		}
		sections[n] = append(sections[n], symbol{name: strings.TrimPrefix(s.Name, "_"), addr: s.Value})
	}
	return spans(sections, ends)
}

func peSymbols(f *pe.File) []symbol {
	ends := make(map[int]uint64)
	sections := make(map[int][]symbol)
	for i, s := range f.Sections {
		ends[i+1] = uint64(s.Size)
	}
	for _, s := range f.Symbols {
		if n := int(s.SectionNumber); n > 0 && n <= len(f.Sections) && uint64(s.Value) < ends[n] {
			sections[n] = append(sections[n], symbol{name: s.Name, addr: uint64(s.Value)})
		}
	}
	return spans(sections, ends)
}

// spans gives symbols without sizes the room up to the next one.
func spans(sections map[int][]symbol, ends map[int]uint64) []symbol {
	var out []symbol
	for n, list := range sections {
		slices.SortStableFunc(list, func(a, b symbol) int {
			switch {
			case a.addr < b.addr:
				return -1
			case a.addr > b.addr:
				return 1
			}
			return 0
		})
		for i := range list {
			end := ends[n]
			if i+1 < len(list) {
				end = list[i+1].addr
			}
			if end > list[i].addr {
				list[i].size = end - list[i].addr
				out = append(out, list[i])
			}
		}
	}
	return out
}
