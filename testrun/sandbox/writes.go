package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/gust-go/gust/internal/fault"
)

// Select returns the writes of some packages, of all without a name. A name is
// an import path or the end of one.
func (w Writes) Select(names []string) Writes {
	if len(names) == 0 {
		return w
	}
	w.Files = slices.DeleteFunc(slices.Clone(w.Files), func(k Kept) bool {
		return !slices.ContainsFunc(names, func(name string) bool {
			name = strings.TrimPrefix(name, "./")
			return k.Package == name || strings.HasSuffix(k.Package, "/"+name)
		})
	})
	return w
}

// InCheckout reports whether a file is in the checkout, and by which name.
func (w Writes) InCheckout(k Kept) (rel string, ok bool) {
	rel, err := filepath.Rel(w.Root, k.Path)
	return rel, err == nil && !k.Home && rel != "." && filepath.IsLocal(rel)
}

// maxDiff is the largest file that is compared line by line.
const maxDiff = 1 << 20

// Diff writes how what tests wrote differs from what is there now, in the form
// that patch reads.
func (w Writes) Diff(out io.Writer) error {
	for _, k := range w.Files {
		text, err := w.diff(k)
		if err != nil {
			return fmt.Errorf("compare %q: %w", k.Path, err)
		}
		if _, err := io.WriteString(out, text); err != nil {
			return err
		}
	}
	return nil
}

func (w Writes) diff(k Kept) (string, error) {
	name := k.Path
	if rel, ok := w.InCheckout(k); ok {
		name = filepath.ToSlash(rel)
	}
	head := fmt.Sprintf("# %s by %s: ", k.Op, k.Package)
	switch {
	case k.Mode&fs.ModeSymlink != 0:
		return fmt.Sprintf("%s%q is a link to %q\n", head, name, k.Link), nil
	case k.Op != Deleted && k.Blob == "":
		return fmt.Sprintf("%s%q is a %s\n", head, name, kind(k.Mode)), nil
	}
	before, err := readSmall(k.Path, k.Base == "")
	if err != nil {
		return "", err
	}
	var after []byte
	if k.Blob != "" {
		if after, err = readSmall(filepath.Join(w.dir, k.Blob), false); err != nil {
			return "", err
		}
	}
	if !text(before) || !text(after) {
		return fmt.Sprintf("%s%q is not text\n", head, name), nil
	}
	old, new := "a/"+name, "b/"+name
	if k.Base == "" {
		old = os.DevNull
	}
	if k.Op == Deleted {
		new = os.DevNull
	}
	d := diff.Diff(old, before, new, after)
	_, d, _ = bytes.Cut(d, []byte("\n")) // "diff a b"
	return fmt.Sprintf("%s%q\n%s", head, name, d), nil
}

func kind(mode fs.FileMode) string {
	if mode.IsDir() {
		return "directory"
	}
	return "special file"
}

// readSmall reads a file that may be missing; one that is too large counts as
// no text.
func readSmall(path string, missing bool) ([]byte, error) {
	info, err := os.Stat(path)
	if os.IsNotExist(err) || missing && err != nil {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if info.Size() > maxDiff || !info.Mode().IsRegular() {
		return []byte{0}, nil
	}
	return os.ReadFile(path)
}

func text(data []byte) bool { return utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 }

// Apply brings what tests wrote to the checkout there, and returns the names of
// the files. If a file has changed since, or tests do not agree on one, nothing
// is done.
func (w Writes) Apply() ([]string, error) {
	files, err := w.applicable()
	if err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(w.Root)
	if err != nil {
		return nil, fmt.Errorf("open the checkout: %w", err)
	}
	defer root.Close()
	var done []string
	for _, k := range files {
		rel, _ := w.InCheckout(k)
		if err := w.apply(root, rel, k); err != nil {
			return done, fmt.Errorf("apply %q: %w", rel, err)
		}
		done = append(done, rel)
	}
	return done, nil
}

// applicable are the files that belong into the checkout, directories first and
// what is deleted last, the innermost first.
func (w Writes) applicable() ([]Kept, error) {
	byPath := map[string]Kept{}
	for _, k := range w.Files {
		rel, ok := w.InCheckout(k)
		if !ok {
			continue
		}
		if first, ok := byPath[k.Path]; ok && !w.agree(first, k) {
			return nil, fault.New(fault.Capability, "run: gust test apply "+first.Package,
				"%s and %s wrote different things to %q", first.Package, k.Package, rel)
		}
		if now := digest(k.Path); now != k.Base {
			return nil, fault.New(fault.Capability, "run: gust test again", "%q has changed since %s wrote to it", rel, k.Package)
		}
		byPath[k.Path] = k
	}
	var files []Kept
	for _, k := range byPath {
		files = append(files, k)
	}
	slices.SortFunc(files, func(a, b Kept) int {
		if x, y := a.Op == Deleted, b.Op == Deleted; x != y {
			if x {
				return 1
			}
			return -1
		}
		if a.Op == Deleted {
			a, b = b, a
		}
		return compare(a.Path, b.Path)
	})
	return files, nil
}

// agree reports whether two tests did the same to a file.
func (w Writes) agree(a, b Kept) bool {
	if a.Op != b.Op || a.Mode != b.Mode || a.Link != b.Link || (a.Blob == "") != (b.Blob == "") {
		return false
	}
	return a.Blob == "" || digest(filepath.Join(w.dir, a.Blob)) == digest(filepath.Join(w.dir, b.Blob))
}

// apply does one thing to the checkout, in which links lead nowhere else.
func (w Writes) apply(root *os.Root, rel string, k Kept) error {
	switch {
	case k.Op == Deleted:
		return root.RemoveAll(rel)
	case k.Mode.IsDir():
		return root.MkdirAll(rel, k.Mode.Perm()|0o700)
	}
	if err := root.MkdirAll(filepath.Dir(rel), 0o777); err != nil {
		return err
	}
	if k.Mode&fs.ModeSymlink != 0 {
		if err := root.RemoveAll(rel); err != nil {
			return err
		}
		return root.Symlink(k.Link, rel)
	}
	if k.Blob == "" {
		return fmt.Errorf("it is a %s", kind(k.Mode))
	}
	data, err := os.ReadFile(filepath.Join(w.dir, k.Blob))
	if err != nil {
		return err
	}
	if err := root.WriteFile(rel, data, k.Mode.Perm()); err != nil {
		return err
	}
	return root.Chmod(rel, k.Mode.Perm())
}
