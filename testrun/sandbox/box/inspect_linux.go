package box

import (
	"os"
	"path/filepath"
)

// inspect notes what the test has left in its box.
func (w *wrapper) inspect() {
	for _, t := range w.report.Trees {
		_ = os.RemoveAll(filepath.Join(w.report.Box, t.Name+".work"))
		dir := filepath.Join(w.report.Box, t.Name)
		// Removing works only if it is empty.
		if os.Remove(dir) != nil {
			w.report.Wrote = append(w.report.Wrote, t.Name)
		}
	}
	for path, name := range w.private {
		dir := filepath.Join(w.report.Box, name)
		if os.Remove(dir) == nil || name == HomeName {
			continue // a home of the test's own may look as it likes
		}
		w.leftIn(dir, path)
		_ = os.Remove(dir)
	}
}

// leftIn notes what is in a private directory, but for the places that were
// made to mount something there.
func (w *wrapper) leftIn(dir, path string) {
	names, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range names {
		shown := filepath.Join(path, e.Name())
		if e.IsDir() && w.madePlace(shown) {
			below := filepath.Join(dir, e.Name())
			w.leftIn(below, shown)
			_ = os.Remove(below) // if it is empty now
			continue
		}
		w.report.Temp = append(w.report.Temp, shown)
	}
}

// madePlace reports whether a directory is or leads to one that was mounted.
func (w *wrapper) madePlace(path string) bool {
	places := append([]string{filepath.Dir(w.call.binary())}, w.report.Open...)
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
