package difftest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/difftest/edit"
)

// TestModule edits a real module. Its programs are built but not run, since
// nobody knows what they do.
func TestModule(t *testing.T) {
	if *moduleFlag == "" {
		t.Skip("needs -difftest.module")
	}
	warm, gust := mustWarm(t), mustGust(t)
	t.Logf("replay with -difftest.seed=%d", shared.seed)
	box := newSandbox(t, warm, []string{gust})
	box.pkgs = []string{*pkgFlag}
	if err := copyModule(box.src, *moduleFlag); err != nil {
		t.Fatal(err)
	}
	if _, err := box.build(box.go_); err != nil {
		t.Fatal(err)
	}
	// What go has built by now may serve both: gust uses the user's cache.
	if err := os.RemoveAll(box.gust.cache); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(box.gust.cache, os.DirFS(box.go_.cache)); err != nil {
		t.Fatal(err)
	}
	tree, err := edit.ReadTree(box.src, packageDirs(t, box)...)
	if err != nil {
		t.Fatal(err)
	}
	s := newSequence(t, box, tree, "module")
	s.noRun = true
	s.gen.Deal(deal(0))
	s.run(steps(10))
	s.finish()
	t.Logf("%s", &s.stat)
	if why := s.stat.problem(); why != "" && !t.Failed() {
		t.Errorf("the run proves nothing: %s", why)
	}
}

// copyModule copies a module, which may be read-only, without version control.
func copyModule(to, from string) error {
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		return err
	}
	if err := os.RemoveAll(filepath.Join(to, ".git")); err != nil {
		return err
	}
	return filepath.WalkDir(to, func(p string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		mode := os.FileMode(0o666)
		if d.IsDir() {
			mode = 0o777
		}
		return os.Chmod(p, mode)
	})
}

// packageDirs returns the directories of the module's own packages that the
// build needs, and the root for go.mod.
func packageDirs(t *testing.T, box *sandbox) []string {
	t.Helper()
	format := "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}"
	r, err := execute(box.src, box.go_.env, []string{"go", "list", "-deps", "-f", format, *pkgFlag}, 10*time.Minute)
	if err != nil || r.code != 0 {
		t.Fatalf("list packages: %v\n%s", err, r.stderr)
	}
	root, err := filepath.EvalSymlinks(box.src)
	if err != nil {
		t.Fatal(err)
	}
	dirs := []string{"."}
	for line := range strings.Lines(r.stdout) {
		dir, err := filepath.EvalSymlinks(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		rel, err := filepath.Rel(root, dir)
		if err != nil {
			t.Fatal(err)
		}
		dirs = append(dirs, rel)
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}
