package edit

import (
	"bytes"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const sample = `// Package p is edited.
package p // already commented

import "strings"

func small() int { return 1 }

// Big is the longest editable function.
func Big(s string) string { // says so
	for range small() {
		s = strings.ToUpper(s)
	}
	return s
}

//go:noinline
func directive(s string) string {
	s = strings.ToUpper(s) + strings.ToUpper(s) + strings.ToUpper(s) + strings.ToUpper(s) + strings.ToUpper(s)
	return s
}

func generic[T any](v T) string {
	_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _ = v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
	_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _ = v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v, v
	return generic[int](1)
}
`

var kinds = []Kind{Comment, Body, BodyMoved, API}

func TestApplyTypeChecksAndDiffers(t *testing.T) {
	fset := token.NewFileSet()
	conf := types.Config{Importer: importer.ForCompiler(fset, "source", nil)}
	for _, k := range kinds {
		seen := map[string]int{}
		for _, seed := range []int{1_790_000_000, 1_790_000_100} {
			for round := 1; round <= 4; round++ {
				out := apply(t, k, sample, "", seed, round)
				check(t, fset, conf, out)
				if before, ok := seen[string(out)]; ok {
					t.Errorf("%s: round %d equals round %d", k.Title, round, before)
				}
				seen[string(out)] = round
			}
		}
	}
}

func TestApplyMovesOnlyWhatItSays(t *testing.T) {
	tests := []struct {
		kind  Kind
		moves bool
	}{{None, false}, {Comment, false}, {Body, false}, {BodyMoved, true}, {API, false}}
	for _, test := range tests {
		for round := 1; round < 3; round++ {
			a := declLines(t, apply(t, test.kind, sample, "", 7, round))
			b := declLines(t, apply(t, test.kind, sample, "", 7, round+1))
			if moved := a["directive"] != b["directive"]; moved != test.moves {
				t.Errorf("%s: lines moved = %v, want %v", test.kind.Title, moved, test.moves)
			}
		}
	}
}

func TestApplyPicksFunction(t *testing.T) {
	out := apply(t, Body, sample, "", 1, 1)
	if !bytes.Contains(out, []byte("func Big(s string) string { for "+Marker)) {
		t.Errorf("longest plain function not edited:\n%s", out)
	}
	out = apply(t, Body, sample, "small", 1, 1)
	if !bytes.Contains(out, []byte("func small() int { for "+Marker)) {
		t.Errorf("named function not edited:\n%s", out)
	}
	for _, fn := range []string{"directive", "generic", "absent"} {
		if _, err := Body.Apply([]byte(sample), fn, 1, 1); !errors.Is(err, ErrNoFunc) {
			t.Errorf("edit of %s: %v, want ErrNoFunc", fn, err)
		}
	}
}

func TestApplyRefusesEditedFile(t *testing.T) {
	once := apply(t, Comment, sample, "", 1, 1)
	if _, err := Comment.Apply(once, "", 1, 2); err == nil {
		t.Error("a second edit on top of a first was accepted")
	}
}

// The compiler must not see through the statement the body edits insert.
func TestBodyEditChangesMachineCode(t *testing.T) {
	goCmd, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go command")
	}
	for _, k := range []Kind{Body, BodyMoved} {
		var last []byte
		for round := 1; round <= 2; round++ {
			src := apply(t, k, strings.Replace(sample, "package p", "package main", 1), "", 5, round)
			src = append(src, "\nfunc main() { println(Big(`x`)) }\n"...)
			dir := t.TempDir()
			write(t, filepath.Join(dir, "main.go"), src)
			write(t, filepath.Join(dir, "go.mod"), []byte("module p\n\ngo 1.24\n"))
			bin := filepath.Join(dir, "p")
			cmd := exec.Command(goCmd, "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", bin, ".")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", k.Title, err, out)
			}
			got, err := os.ReadFile(bin)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(last, got) {
				t.Errorf("%s: two rounds gave the same program", k.Title)
			}
			last = got
		}
	}
}

func apply(t *testing.T, k Kind, src, fn string, seed, round int) []byte {
	t.Helper()
	out, err := k.Apply([]byte(src), fn, seed, round)
	if err != nil {
		t.Fatalf("%s: %v", k.Title, err)
	}
	return out
}

func check(t *testing.T, fset *token.FileSet, conf types.Config, src []byte) {
	t.Helper()
	file, err := parser.ParseFile(fset, "p.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conf.Check("p", fset, []*ast.File{file}, nil); err != nil {
		t.Fatalf("edited file does not compile: %v\n%s", err, src)
	}
}

func declLines(t *testing.T, src []byte) map[string]int {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			lines[f.Name.Name] = fset.Position(f.Pos()).Line
		}
	}
	return lines
}

func write(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}
