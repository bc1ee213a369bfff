// Package cover sums up the coverage profile that go test -coverprofile
// writes: per package, in total, and for changed lines alone.
//
// With -coverpkg a block of code stands in the profile once for each test
// that was linked with it; [Read] merges those, a block being covered if any
// test reached it. Reports that need the source, such as the lines of a
// change that no test reached, get it from the caller.
package cover

import (
	"cmp"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"golang.org/x/tools/cover"
)

// A Profile is a merged coverage profile.
type Profile struct {
	files []*cover.Profile // sorted by name
}

// Read reads a profile.
func Read(r io.Reader) (Profile, error) {
	files, err := cover.ParseProfilesFromReader(r)
	if err != nil {
		return Profile{}, fmt.Errorf("read the coverage profile: %w", err)
	}
	return Profile{files: files}, nil
}

// A Count counts statements.
type Count struct{ Covered, Total int }

// Percent is the share of covered statements, 100 if there are none.
func (c Count) Percent() float64 {
	if c.Total == 0 {
		return 100
	}
	return 100 * float64(c.Covered) / float64(c.Total)
}

// Below reports whether the share is less than min percent, without an error
// of rounding: 2 of 3 is not below 66.66.
func (c Count) Below(min float64) bool { return 100*float64(c.Covered) < min*float64(c.Total) }

func (c *Count) add(d Count) {
	c.Covered += d.Covered
	c.Total += d.Total
}

// A Package is the coverage of one package.
type Package struct {
	ImportPath string
	Count
}

// Packages returns the packages of the profile, sorted.
func (p Profile) Packages() []Package {
	counts := make(map[string]*Package)
	var all []Package
	for _, f := range p.files {
		name := path.Dir(f.FileName)
		if counts[name] == nil {
			counts[name] = &Package{ImportPath: name}
		}
		counts[name].add(countOf(f))
	}
	for _, pkg := range counts {
		all = append(all, *pkg)
	}
	slices.SortFunc(all, func(a, b Package) int { return cmp.Compare(a.ImportPath, b.ImportPath) })
	return all
}

// Total returns the coverage of all packages together.
func (p Profile) Total() Count {
	var total Count
	for _, f := range p.files {
		total.add(countOf(f))
	}
	return total
}

func countOf(f *cover.Profile) Count {
	var c Count
	for _, b := range f.Blocks {
		c.Total += b.NumStmt
		if b.Count > 0 {
			c.Covered += b.NumStmt
		}
	}
	return c
}

// Write writes the merged profile in go's form.
func (p Profile) Write(w io.Writer) error {
	mode := "set"
	if len(p.files) > 0 {
		mode = p.files[0].Mode
	}
	var b strings.Builder
	fmt.Fprintf(&b, "mode: %s\n", mode)
	for _, f := range p.files {
		for _, x := range f.Blocks {
			fmt.Fprintf(&b, "%s:%d.%d,%d.%d %d %d\n", f.FileName, x.StartLine, x.StartCol, x.EndLine, x.EndCol, x.NumStmt, x.Count)
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("write the coverage profile: %w", err)
	}
	return nil
}
