package edit

import (
	"go/parser"
	"go/token"
	"path"
	"reflect"
	"strings"
	"testing"
)

func sample() Tree {
	return Tree{
		"go.mod": []byte("module example.test/sample\n\ngo 1.24\n"),
		"main.go": []byte(`package main

import "example.test/sample/leaf"

func main() { println(leaf.Add(1, 2), leaf.Name()) }
`),
		"leaf/leaf.go": []byte(`// Package leaf is small.
package leaf

const (
	A = iota
	B
)

var V = 3

type Pair[T any] struct {
	X T
	Y int
}

func (p Pair[T]) First() T { return p.X }

// Add adds.
func Add(a, b int) int { return a + b }

func Text() string {
	return ` + "`raw\n\ntext // no comment\n`" + `
}
`),
		"leaf/name.go": []byte(`package leaf

import "strings"

//go:noinline
func Name() string { return strings.ToUpper("name") }
`),
		"leaf/tag.go":    []byte("//go:build sometag\n\npackage leaf\n\nfunc tagged() {}\n"),
		"other/other.go": []byte("package other\n\nfunc Unused() {}\n"),
		"leaf/data.txt":  []byte("data\n"),
	}
}

// TestReplay makes many edits with one seed, twice.
func TestReplay(t *testing.T) {
	var first []Edit
	for round := range 2 {
		g := New(7, sample())
		var edits []Edit
		for i := range 150 {
			edits = append(edits, g.Next(i%5 != 4))
		}
		if round == 1 && !reflect.DeepEqual(first, edits) {
			t.Error("the same seed made other edits")
		}
		first = edits
	}
}

// TestKinds makes edits of every kind and checks that files still parse,
// where nobody meant them not to.
func TestKinds(t *testing.T) {
	for _, k := range Kinds() {
		made := 0
		for seed := range uint64(20) {
			g := New(seed, sample())
			g.Next(true)
			g.Next(true)
			before := g.Tree()
			e, ok := g.Make(k, "")
			if !ok {
				continue
			}
			made++
			checkEdit(t, before, e)
		}
		if made == 0 {
			t.Errorf("no edit of kind %s", k)
		}
	}
}

func checkEdit(t *testing.T, before Tree, e Edit) {
	t.Helper()
	for _, c := range e.Changes {
		if string(before[c.Path]) != string(c.Old) {
			t.Errorf("%s: old content of %s is not what it was", e.Kind, c.Path)
		}
		if path.Ext(c.Path) != ".go" || c.New == nil || strings.HasPrefix(e.Kind, "break-") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), c.Path, c.New, 0); err != nil {
			t.Errorf("%s breaks the syntax: %v\n%s", e.Kind, err, e.Diff())
		}
	}
}

// TestApply carries edits out on disk and compares with the tree in memory.
func TestApply(t *testing.T) {
	dir := t.TempDir()
	g := New(3, sample())
	if err := g.Tree().Write(dir); err != nil {
		t.Fatal(err)
	}
	for range 60 {
		e := g.Next(true)
		if err := e.Apply(dir); err != nil {
			t.Fatal(err)
		}
		got, err := ReadTree(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, g.Tree()) {
			t.Fatalf("the tree on disk differs after\n%s", e.Diff())
		}
	}
}

// TestRepair expects a broken tree to be taken back soon.
func TestRepair(t *testing.T) {
	for seed := range uint64(20) {
		g := New(seed, sample())
		g.Next(true)
		want := g.Tree()
		g.Next(true)
		for i := 0; !reflect.DeepEqual(g.Tree(), want); i++ {
			if i > 2 {
				t.Fatalf("seed %d: not repaired", seed)
			}
			g.Next(false)
		}
	}
}

func TestDiff(t *testing.T) {
	e := Edit{Kind: "kind", Note: "note", Changes: []Change{{"a.go", []byte("1\n2\n3\n"), []byte("1\nx\n3\n")}}}
	want := "kind: note\n--- a/a.go\n+++ b/a.go\n@@ -2,1 +2,1 @@\n-2\n+x\n"
	if got := e.Diff(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
