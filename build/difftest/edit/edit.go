// Package edit makes random, replayable changes to the Go files of a module.
//
// A [Generator] looks at a [Tree], the files of a module in memory, and
// returns one [Edit] at a time. Edits splice bytes instead of printing syntax
// trees: everything they do not mean to change keeps its line and column,
// which is what the differential test is about. The same seed and the same
// tree give the same edits.
//
// The package knows syntax only. Most edits leave a program that compiles;
// some do not, by accident or on purpose, and the caller tells the generator
// so, which then repairs the damage in one of the next steps.
package edit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
)

// A Tree holds files by slash-separated path relative to the module root.
// The contents are never modified in place.
type Tree map[string][]byte

// clone copies the map; contents are shared.
func (t Tree) clone() Tree {
	c := make(Tree, len(t))
	for p, b := range t {
		c[p] = b
	}
	return c
}

// paths returns the sorted paths of t.
func (t Tree) paths() []string {
	ps := make([]string, 0, len(t))
	for p := range t {
		ps = append(ps, p)
	}
	sort.Strings(ps)
	return ps
}

// ReadTree reads the files of the named directories below root, not their
// subdirectories. With no names it reads everything below root.
func ReadTree(root string, dirs ...string) (Tree, error) {
	t := Tree{}
	read := func(file string) error {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		t[filepath.ToSlash(rel)] = b
		return nil
	}
	if len(dirs) == 0 {
		return t, filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			return read(p)
		})
	}
	for _, dir := range dirs {
		ents, err := os.ReadDir(filepath.Join(root, dir))
		if err != nil {
			return nil, err
		}
		for _, e := range ents {
			if !e.Type().IsRegular() {
				continue
			}
			if err := read(filepath.Join(root, dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}

// Write writes every file of t below root.
func (t Tree) Write(root string) error {
	for _, p := range t.paths() {
		if err := writeFile(filepath.Join(root, filepath.FromSlash(p)), t[p]); err != nil {
			return err
		}
	}
	return nil
}

// A Change replaces one file. A nil Old means that the file is new, a nil New
// that it is deleted.
type Change struct {
	Path     string
	Old, New []byte
}

// An Edit is what happens to a tree in one step.
type Edit struct {
	Kind    string
	Note    string // what was edited, for the reader of a failure
	Changes []Change
	// KeepTime leaves the modification time of a changed file as it was, as
	// tar, rsync and some editors do.
	KeepTime bool
}

// Apply carries e out below root.
func (e Edit) Apply(root string) error {
	for _, c := range e.Changes {
		file := filepath.Join(root, filepath.FromSlash(c.Path))
		if c.New == nil {
			if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("apply %s: %w", e.Kind, err)
			}
			continue
		}
		before, statErr := os.Stat(file)
		if err := writeFile(file, c.New); err != nil {
			return fmt.Errorf("apply %s: %w", e.Kind, err)
		}
		if e.KeepTime && statErr == nil {
			if err := os.Chtimes(file, before.ModTime(), before.ModTime()); err != nil {
				return fmt.Errorf("apply %s: %w", e.Kind, err)
			}
		}
	}
	return nil
}

// on returns t with e applied.
func (e Edit) on(t Tree) Tree {
	t = t.clone()
	for _, c := range e.Changes {
		if c.New == nil {
			delete(t, c.Path)
		} else {
			t[c.Path] = c.New
		}
	}
	return t
}

// Packages returns the sorted directories that e touches.
func (e Edit) Packages() []string {
	var dirs []string
	for _, c := range e.Changes {
		dirs = append(dirs, path.Dir(c.Path))
	}
	sort.Strings(dirs)
	return slices.Compact(dirs)
}

// Diff shows e the way diff -u would, with one hunk a file: the lines between
// the first and the last that differ.
func (e Edit) Diff() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", e.Kind, e.Note)
	for _, c := range e.Changes {
		diffFile(&b, c)
	}
	return b.String()
}

func diffFile(b *strings.Builder, c Change) {
	old, now := splitLines(c.Old), splitLines(c.New)
	head := 0
	for head < len(old) && head < len(now) && old[head] == now[head] {
		head++
	}
	tail := 0
	for tail < len(old)-head && tail < len(now)-head && old[len(old)-1-tail] == now[len(now)-1-tail] {
		tail++
	}
	name := func(side string, content []byte) string {
		if content == nil {
			return "/dev/null"
		}
		return side + "/" + c.Path
	}
	fmt.Fprintf(b, "--- %s\n+++ %s\n@@ -%d,%d +%d,%d @@\n", name("a", c.Old), name("b", c.New),
		head+1, len(old)-head-tail, head+1, len(now)-head-tail)
	for _, l := range old[head : len(old)-tail] {
		fmt.Fprintf(b, "-%s\n", l)
	}
	for _, l := range now[head : len(now)-tail] {
		fmt.Fprintf(b, "+%s\n", l)
	}
}

func splitLines(b []byte) []string {
	if len(b) == 0 {
		return nil
	}
	return strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")
}

// between returns the edit that turns from into to.
func between(kind, note string, from, to Tree) Edit {
	e := Edit{Kind: kind, Note: note}
	both := from.clone()
	for p, b := range to {
		both[p] = b
	}
	for _, p := range both.paths() {
		if c := (Change{p, from[p], to[p]}); !bytes.Equal(c.Old, c.New) || (c.Old == nil) != (c.New == nil) {
			e.Changes = append(e.Changes, c)
		}
	}
	return e
}

func writeFile(file string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o666)
}
