package gitrepo

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// history makes a repository: each commit is a list of files to change, and a
// merge brings in a commit of its own.
func history(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	// Nothing of the user's configuration, such as signing, gets in the way.
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+who+"_NAME", "bench")
		t.Setenv("GIT_"+who+"_EMAIL", "bench@example.com")
	}
	dir := t.TempDir()
	runGit(t, dir, "init", "-q", "-b", "trunk")
	n := 0
	commit := func(subject string, files ...string) {
		n++
		for _, f := range files {
			path := filepath.Join(dir, f)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(subject), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		runGit(t, dir, "add", "-A")
		runGit(t, dir, "commit", "-q", "-m", subject)
	}
	commit("root", "a.go")
	commit("docs", "README.md")
	commit("body", "a.go", "a_test.go")
	commit("test", "a_test.go", "testdata/x.go", ".hidden/y.go")
	runGit(t, dir, "checkout", "-q", "-b", "side")
	commit("on the side", "p/b.go")
	runGit(t, dir, "checkout", "-q", "trunk")
	commit("meanwhile", "c.txt")
	runGit(t, dir, "merge", "-q", "--no-ff", "-m", "merge | side", "side")
	commit("spaced", "dir with space/d.go")
	commit("last docs", "README.md")
	return dir
}

func TestSelectLatest(t *testing.T) {
	repo := history(t)
	r, err := Select(t.Context(), repo, "", 2)
	if err != nil {
		t.Fatal(err)
	}
	wantSubjects(t, r, "meanwhile", "merge | side", "spaced")
}

func TestSelectFrom(t *testing.T) {
	repo := history(t)
	root := strings.TrimSpace(runGit(t, repo, "rev-list", "--max-parents=0", "HEAD"))
	r, err := Select(t.Context(), repo, root, 2)
	if err != nil {
		t.Fatal(err)
	}
	wantSubjects(t, r, "root", "body", "merge | side")
	if r.Base.Hash != root {
		t.Errorf("base is %s, want %s", r.Base.Hash, root)
	}
}

func TestSelectErrors(t *testing.T) {
	repo := history(t)
	if _, err := Select(t.Context(), repo, "HEAD~1", 1); !errors.Is(err, ErrTooFew) {
		t.Errorf("too few commits: %v, want %v", err, ErrTooFew)
	}
	for _, from := range []string{"side", "absent"} {
		if _, err := Select(t.Context(), repo, from, 1); err == nil || errors.Is(err, ErrTooFew) {
			t.Errorf("from %q: %v", from, err)
		}
	}
	if _, err := Select(t.Context(), repo, "", 0); err == nil {
		t.Error("accepted zero commits")
	}
}

func TestCheckoutOfBareRepository(t *testing.T) {
	repo := history(t)
	bare := filepath.Join(t.TempDir(), "bare.git")
	runGit(t, repo, "clone", "-q", "--bare", repo, bare)
	before := snapshot(t, bare)
	r, err := Select(t.Context(), bare, "", 3)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "tree")
	for _, c := range r.Commits {
		tree, err := NewTree(t.Context(), bare, dir) // made once, then found
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Checkout(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if head := strings.TrimSpace(runGit(t, dir, "rev-parse", "HEAD")); head != c.Hash {
			t.Errorf("checked out %s, want %s", head, c.Hash)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "p", "b.go")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "testdata")); err == nil {
		t.Error("testdata was checked out")
	}
	if after := snapshot(t, bare); !slices.Equal(before, after) {
		t.Errorf("the repository was written to:\n%q\n%q", before, after)
	}
}

func wantSubjects(t *testing.T, r Range, base string, commits ...string) {
	t.Helper()
	got := []string{r.Base.Subject}
	for _, c := range r.Commits {
		got = append(got, c.Subject)
	}
	if want := append([]string{base}, commits...); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func snapshot(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil {
			files = append(files, path+" "+info.ModTime().String())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func runGit(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return string(out)
}
