package affected

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/gust-go/gust/internal/gocmd"
)

// A sample is a module in a git repository of its own.
type sample struct {
	t    *testing.T
	root string // of the repository; the module is in the folder mod
	dir  string
	go1  *gocmd.Go
	tick int
}

func newSample(t *testing.T) *sample {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED, SELECTION BY CHANGE IS NOT TESTED: git is not installed")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	s := &sample{t: t, root: root, dir: filepath.Join(root, "mod")}
	archive, err := txtar.ParseFile(filepath.Join("testdata", "module.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range archive.Files {
		s.write(f.Name, string(f.Data))
	}
	if err := os.Symlink(filepath.Join("..", "..", "linked"), filepath.Join(s.dir, "link", "testdata")); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"GOFLAGS": "-buildvcs=false", "GOWORK": "off", "GOPROXY": "off", "GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
	} {
		t.Setenv(name, value)
	}
	s.git("init", "-q")
	s.git("add", "-A")
	s.git("commit", "-q", "-m", "base")
	s.go1, err = gocmd.Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.go1.Dir = s.dir
	return s
}

func (s *sample) git(args ...string) {
	s.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = s.root
	if out, err := cmd.CombinedOutput(); err != nil {
		s.t.Fatalf("git %s: %v\n%s", args, err, out)
	}
}

// write makes a file with a time long past: go does not cache the result of a
// test that read a file which is newer than a few seconds.
func (s *sample) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.root, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		s.t.Fatal(err)
	}
	s.tick++
	past := time.Date(2020, 1, 1, 0, 0, s.tick, 0, time.UTC)
	if err := os.Chtimes(file, past, past); err != nil {
		s.t.Fatal(err)
	}
}

func (s *sample) read(name string) string {
	s.t.Helper()
	data, err := os.ReadFile(filepath.Join(s.root, filepath.FromSlash(name)))
	if err != nil {
		s.t.Fatal(err)
	}
	return string(data)
}

func (s *sample) replace(name, old, new string) {
	s.t.Helper()
	text := s.read(name)
	if strings.Count(text, old) != 1 {
		s.t.Fatalf("%s has %q %d times", name, old, strings.Count(text, old))
	}
	s.write(name, strings.Replace(text, old, new, 1))
}

func (s *sample) remove(name string) {
	s.t.Helper()
	if err := os.RemoveAll(filepath.Join(s.root, filepath.FromSlash(name))); err != nil {
		s.t.Fatal(err)
	}
}

// age makes all folders old; see write.
func (s *sample) age() {
	s.t.Helper()
	past := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	err := filepath.WalkDir(s.dir, func(name string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			err = os.Chtimes(name, past, past)
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// goTest runs the tests and returns the packages that go did not take from
// its cache.
func (s *sample) goTest() []string {
	s.t.Helper()
	s.age()
	cmd := exec.Command(s.go1.Path, "test", "-vet=off", "./...")
	cmd.Dir = s.dir
	out, _ := cmd.CombinedOutput() // an edit may break a test
	var ran []string
	for _, line := range strings.Split(string(out), "\n") {
		if m := regexp.MustCompile(`^(ok|FAIL|\?)\s+(\S+)`).FindStringSubmatch(line); m != nil {
			if !strings.Contains(line, "(cached)") && !strings.Contains(line, "[no test files]") {
				ran = append(ran, strings.TrimPrefix(m[2], "example.com/m/"))
			}
		}
	}
	slices.Sort(ran)
	return ran
}

func (s *sample) selected(ref string) (names []string, res Result) {
	s.t.Helper()
	res, err := Select(context.Background(), Options{Go: s.go1, Dir: s.dir, Ref: ref, Patterns: []string{"./..."}})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, p := range res.Packages {
		if res.Everything == "" && len(p.Reasons) == 0 {
			s.t.Errorf("%s is affected for no reason", p.ImportPath)
		}
		names = append(names, strings.TrimPrefix(p.ImportPath, "example.com/m/"))
	}
	return names, res
}

// TestNeverMisses edits a module in every way that can make go run a test
// again, and compares the selection with what go then takes from its cache.
func TestNeverMisses(t *testing.T) {
	s := newSample(t)
	s.goTest()
	if ran := s.goTest(); len(ran) != 0 {
		t.Fatalf("go has nothing to run but does not take these from its cache: %q", ran)
	}
	if names, res := s.selected("HEAD"); len(names) != 0 {
		t.Fatalf("nothing changed, but these are affected: %+v", res)
	}
	base := s.snapshot()
	for _, tt := range edits() {
		t.Run(tt.name, func(t *testing.T) {
			s.t = t
			defer s.restore(base)
			tt.edit(s)
			names, res := s.selected("HEAD")
			ran := s.goTest()
			for _, name := range ran {
				if !slices.Contains(names, name) {
					t.Errorf("go ran %s, which is not among the affected %q", name, names)
				}
			}
			if slices.Contains(ran, "data") {
				// Go remembers one list of files that a test read, now that with
				// the edit.
				defer s.goTest()
				defer s.restore(base)
			}
			if len(ran) == 0 && !tt.blind {
				t.Error("go ran nothing: the edit tests nothing")
			}
			if want := strings.Fields(tt.want); tt.want == "*" && res.Everything == "" || tt.want != "*" && !slices.Equal(names, want) {
				t.Errorf("affected are %q, want %q: %+v", names, want, res)
			}
		})
	}
}

type file struct {
	text string
	time time.Time
}

// snapshot remembers all files outside .git, with their times.
func (s *sample) snapshot() map[string]file {
	s.t.Helper()
	files := make(map[string]file)
	err := filepath.WalkDir(s.root, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.Name() == ".git" {
			return filepath.SkipDir
		}
		if !d.Type().IsRegular() {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		data, err := os.ReadFile(name)
		files[name] = file{string(data), info.ModTime()}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return files
}

func (s *sample) restore(base map[string]file) {
	s.t.Helper()
	s.git("reset", "-q", "--hard")
	for name := range s.snapshot() {
		if _, ok := base[name]; !ok {
			os.Remove(name)
		}
	}
	for name, f := range base {
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(f.text), 0o666); err != nil {
			s.t.Fatal(err)
		}
		if err := os.Chtimes(name, f.time, f.time); err != nil {
			s.t.Fatal(err)
		}
	}
}
