package box

import (
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// outputs are files and directories that go's own flags tell the test to write.
// They are the user's, and arrive where they would without a sandbox.
func (w *wrapper) outputs() []string {
	dir, artifacts, fuzz := w.report.Dir, false, false
	var names []string
	for _, arg := range w.call.testArgs() {
		name, value, _ := strings.Cut(arg, "=")
		switch name {
		case "-test.outputdir":
			dir = value
		case "-test.cpuprofile", "-test.memprofile", "-test.blockprofile", "-test.mutexprofile", "-test.trace", "-test.coverprofile":
			names = append(names, value)
		case "-test.artifacts":
			artifacts = value != "false"
		case "-test.fuzz":
			fuzz = true
		}
		if !strings.HasPrefix(arg, "-test.") {
			break
		}
	}
	if artifacts {
		names = append(names, "_artifacts")
	}
	for i, name := range names {
		if !fspath.IsAbs(name) {
			names[i] = fspath.Join(dir, name)
		}
	}
	if fuzz {
		names = append(names, fspath.Join(w.report.Dir, "testdata", "fuzz"))
	}
	return names
}

// openDirs are directories outside of every box that go's flags name.
func (w *wrapper) openDirs() []string {
	var dirs []string
	for _, arg := range w.call.testArgs() {
		if dir, ok := strings.CutPrefix(arg, "-test.fuzzcachedir="); ok {
			dirs = append(dirs, dir)
		}
	}
	for _, name := range w.outputs() {
		if dir := fspath.Dir(name); w.inBoxPath(name) == "" && fspath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// inBoxPath is where in the box a file is that the test knows by another name,
// "" if it is the same file.
func (w *wrapper) inBoxPath(path string) string {
	for _, dir := range w.report.Open {
		if inside(path, dir) {
			return ""
		}
	}
	best, in := "", ""
	consider := func(dir, name string) {
		if inside(path, dir) && len(dir) >= len(best) {
			best, in = dir, fspath.Join(w.report.Box, name, strings.TrimPrefix(path, dir))
		}
	}
	for dir, name := range w.private {
		consider(dir, name)
	}
	for _, t := range w.report.Trees {
		consider(t.Path, t.Name)
	}
	return in
}

// deliver moves outputs to where they belong.
func (w *wrapper) deliver() error {
	for _, path := range w.outputs() {
		from := w.inBoxPath(path)
		if from == "" {
			continue
		}
		if _, err := os.Lstat(from); err != nil {
			continue // the test has not come to write it
		}
		if err := moveTree(from, path); err != nil {
			return err
		}
	}
	for _, path := range w.named() {
		from := w.inBoxPath(path)
		if info, err := os.Lstat(from); from == "" || err != nil || !info.Mode().IsRegular() {
			continue
		}
		if err := moveFile(from, path); err != nil {
			return err
		}
	}
	return nil
}

// named are files that a test may have been told to write by its own arguments: reports,
// mostly. They arrive in the checkout and in temporary directories; variables name too
// much that is only to be read. Strict tests have none.
func (w *wrapper) named() []string {
	if w.spec.Strict {
		return nil
	}
	var names []string
	for _, arg := range w.call.testArgs() {
		if strings.HasPrefix(arg, "-test.") {
			continue
		}
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			arg = value
		}
		if !fspath.IsAbs(arg) {
			arg = fspath.Join(w.report.Dir, arg)
		}
		arg = fspath.Clean(arg)
		if arg != w.call.binary() && (w.isPrivate(arg) || w.inCheckout(arg)) { // its place is an empty file
			names = append(names, arg)
		}
	}
	return names
}

func (w *wrapper) isPrivate(path string) bool {
	for dir := range w.private {
		if path != dir && inside(path, dir) {
			return true
		}
	}
	return false
}

func (w *wrapper) inCheckout(path string) bool {
	for _, t := range append(w.spec.Trees[:len(w.spec.Trees):len(w.spec.Trees)], w.spec.InHome...) {
		if strings.HasPrefix(t.Name, CheckoutName) && inside(path, t.Path) {
			return true
		}
	}
	return false
}

// moveTree moves a file, or the files of a directory, over others.
func moveTree(from, to string) error {
	return fspath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := to + strings.TrimPrefix(path, from)
		switch {
		case d.IsDir():
			return os.MkdirAll(target, 0o777)
		case d.Type().IsRegular():
			return moveFile(path, target)
		}
		return nil
	})
}

func moveFile(from, to string) error {
	if os.Rename(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Close(); err != nil {
		return err
	}
	return os.Remove(from)
}
