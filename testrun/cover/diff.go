package cover

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/cover"
)

// A Source is where the files of a profile are.
type Source interface {
	// File returns the name of a file of a package, as the changed lines have
	// it, and its content. ok is false if the file is not to be looked at.
	File(importPath, base string) (name string, content []byte, ok bool, err error)
}

// A Range is a run of lines of a file, both ends included.
type Range struct {
	File        string
	First, Last int
}

// String formats a range as file:line or file:line-line.
func (r Range) String() string {
	if r.First == r.Last {
		return fmt.Sprintf("%s:%d", r.File, r.First)
	}
	return fmt.Sprintf("%s:%d-%d", r.File, r.First, r.Last)
}

// A Diff is the coverage of changed lines.
type Diff struct {
	// Lines counts those that hold code. Lines between blocks, such as
	// declarations, comments and closing brackets, are not among them.
	Lines Count
	// Uncovered are the lines that no test reached, sorted. Changed lines
	// with nothing but lines without code between them are one range.
	Uncovered []Range
}

// Diff restricts the profile to changed lines, by file.
func (p Profile) Diff(changed map[string][]int, src Source) (Diff, error) {
	var d Diff
	for _, f := range p.files {
		name, content, ok, err := src.File(path.Dir(f.FileName), path.Base(f.FileName))
		if err != nil {
			return Diff{}, err
		}
		if !ok || len(changed[name]) == 0 {
			continue
		}
		d.addFile(name, f.Blocks, content, changed[name])
	}
	slices.SortFunc(d.Uncovered, func(a, b Range) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.First, b.First))
	})
	return d, nil
}

func (d *Diff) addFile(name string, blocks []cover.ProfileBlock, content []byte, changed []int) {
	lines := bytes.Split(content, []byte("\n"))
	open := false // the last range may grow
	last := 0
	for _, n := range slices.Sorted(slices.Values(changed)) {
		if n < 1 || n > len(lines) {
			continue
		}
		if n != last+1 {
			open = false
		}
		last = n
		column, code := firstCode(lines[n-1])
		if !code {
			continue
		}
		block, ok := blockAt(blocks, n, column)
		if !ok {
			open = false
			continue
		}
		d.Lines.Total++
		if block.Count > 0 {
			d.Lines.Covered++
			open = false
			continue
		}
		if open {
			d.Uncovered[len(d.Uncovered)-1].Last = n
		} else {
			d.Uncovered = append(d.Uncovered, Range{name, n, n})
		}
		open = true
	}
}

// firstCode returns the column, counted from 1, at which the code of a line
// begins. A line that begins with a closing bracket or a comment has none.
func firstCode(line []byte) (column int, ok bool) {
	text := bytes.TrimLeft(line, " \t\r")
	if len(text) == 0 || bytes.ContainsAny(text[:1], "})]") || bytes.HasPrefix(text, []byte("//")) {
		return 0, false
	}
	return len(line) - len(text) + 1, true
}

// blockAt returns the block that a place is in, the innermost if the body of
// a function literal lies in another block. Where there is none it is the one
// that is all on this line: the body of a function written in one.
func blockAt(blocks []cover.ProfileBlock, line, column int) (block cover.ProfileBlock, ok bool) {
	var oneLine *cover.ProfileBlock
	for i, b := range blocks {
		switch {
		case b.NumStmt == 0:
		case before(line, column, b.StartLine, b.StartCol):
			if oneLine == nil && b.StartLine == line && b.EndLine == line {
				oneLine = &blocks[i]
			}
		case before(line, column, b.EndLine, b.EndCol):
			if !ok || before(block.StartLine, block.StartCol, b.StartLine, b.StartCol) {
				block, ok = b, true
			}
		}
	}
	if !ok && oneLine != nil {
		return *oneLine, true
	}
	return block, ok
}

func before(line, column, line2, column2 int) bool {
	return line < line2 || line == line2 && column < column2
}
