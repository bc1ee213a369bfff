package box

import (
	"os"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// inspect notes what the test has left in its box, and removes what is of no more use;
// free is true if others may have the box.
func (w *wrapper) inspect() (free bool) {
	free = w.made != nil
	for _, t := range w.report.Trees {
		clearWork(fspath.Join(w.report.Box, t.Name+".work"))
		if !w.keepOrRemove(t.Name) {
			w.report.Wrote = append(w.report.Wrote, t.Name)
			free = false
		}
	}
	for path, name := range w.private {
		if w.keepOrRemove(name) {
			continue
		}
		if name == HomeName {
			free = false // a home of the test's own may look as it likes
			continue
		}
		w.leftIn(fspath.Join(w.report.Box, name), path)
		free = w.keepOrRemove(name) && free
	}
	return free
}

// clearWork removes what an overlay has left in its own directory: without that, the
// kernel would not use it again. It makes directories that nobody can enter, and a
// mark that says that the overlay was volatile.
func clearWork(dir string) {
	work := fspath.Join(dir, "work")
	incompat := fspath.Join(work, "incompat")
	volatile := fspath.Join(incompat, "volatile")
	for _, dir := range []string{work, incompat, volatile} {
		_ = syscall.Chmod(dir, 0o700)
	}
	_ = syscall.Unlink(fspath.Join(volatile, "dirty"))
	_ = syscall.Rmdir(volatile)
	_ = syscall.Rmdir(incompat)
	if err := syscall.Rmdir(work); err != nil && err != syscall.ENOENT {
		removeTree(dir)
	}
}

// keepOrRemove removes a directory of the box that is empty, unless others can use it;
// it reports whether it is.
func (w *wrapper) keepOrRemove(name string) bool {
	return w.made.reusable(w.report.Box, name) || os.Remove(fspath.Join(w.report.Box, name)) == nil
}

// leftIn notes what is in a private directory, but for the places that were
// made to mount something there.
func (w *wrapper) leftIn(dir, path string) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range names {
		shown := fspath.Join(path, e.Name())
		if e.IsDir() && w.madePlace(shown) {
			below := fspath.Join(dir, e.Name())
			w.leftIn(below, shown)
			_ = os.Remove(below) // if it is empty now
			continue
		}
		if shown == w.call.binary() && os.Remove(fspath.Join(dir, e.Name())) == nil {
			continue // its place
		}
		if shown == fspath.Dir(w.spec.Dir) && os.Remove(fspath.Join(dir, e.Name())) == nil {
			continue // where a gust that the test has run made its sandboxes
		}
		w.report.Temp = append(w.report.Temp, shown)
	}
}

// madePlace reports whether a directory is or leads to one that was mounted.
func (w *wrapper) madePlace(path string) bool {
	places := append([]string{fspath.Dir(w.call.binary())}, w.report.Open...)
	places = append(append(places, w.spec.Mounts...), w.spec.Shown...)
	for _, t := range w.report.Trees {
		places = append(places, t.Path)
	}
	for _, place := range places {
		if inside(place, path) {
			return true
		}
	}
	return false
}
