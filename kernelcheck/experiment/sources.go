package experiment

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A Release is what one toolchain knows about experiments.
type Release struct {
	// Names are the experiments it has, lower case and sorted.
	Names []string
	// Default is the value of GOEXPERIMENT built into the toolchain.
	Default string
	// From says where this is known from, for people.
	From string
}

// Knows reports whether an element of GOEXPERIMENT is valid. regabi stands
// for the two regabi experiments.
func (r Release) Knows(s Setting) bool {
	return s.Text == "none" || s.Name == "regabi" || slices.Contains(r.Names, s.Name)
}

// maxSource bounds what is read of a toolchain's source file.
const maxSource = 1 << 20

// ReadSources reads the experiments of the toolchain in goroot from
// src/internal/goexperiment and src/internal/buildcfg, as the toolchain's own
// parser would find them by reflection.
func ReadSources(goroot string) (Release, error) {
	file := filepath.Join(goroot, "src", "internal", "goexperiment", "flags.go")
	names, err := flagNames(file)
	if err != nil {
		return Release{}, err
	}
	r := Release{Names: names, From: file}
	// The file is generated when the toolchain is built; without it there is
	// no built-in default to find.
	r.Default, _ = constant(filepath.Join(goroot, "src", "internal", "buildcfg", "zbootstrap.go"), "defaultGOEXPERIMENT")
	return r, nil
}

func parseSource(file string) (*ast.File, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, fmt.Errorf("read the toolchain's experiments: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil, fmt.Errorf("read the toolchain's experiments: %q is no source file", file)
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("read the toolchain's experiments: %w", err)
	}
	return syntax, nil
}

// flagNames returns the fields of the struct Flags.
func flagNames(file string) ([]string, error) {
	syntax, err := parseSource(file)
	if err != nil {
		return nil, err
	}
	var names []string
	ast.Inspect(syntax, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Flags" {
			return true
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			return false
		}
		for _, f := range fields.Fields.List {
			for _, id := range f.Names {
				names = append(names, strings.ToLower(id.Name))
			}
		}
		return false
	})
	if len(names) == 0 {
		return nil, fmt.Errorf("read the toolchain's experiments: %q has no struct Flags", file)
	}
	slices.Sort(names)
	return names, nil
}

// constant returns the string that a file gives a constant.
func constant(file, name string) (string, error) {
	syntax, err := parseSource(file)
	if err != nil {
		return "", err
	}
	value := ""
	ast.Inspect(syntax, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Names) != 1 || spec.Names[0].Name != name || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			value, err = strconv.Unquote(lit.Value)
		}
		return false
	})
	return value, err
}
