package git

import (
	"context"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/fault"
)

// repository makes one from names and contents.
func repository(t *testing.T, format string, files map[string]string) *Repo {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("SKIPPED, GIT IS NOT TESTED: git is not installed")
	}
	for name, value := range map[string]string{
		"GIT_CONFIG_GLOBAL": os.DevNull, "GIT_CONFIG_SYSTEM": os.DevNull,
		"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com",
	} {
		t.Setenv(name, value)
	}
	dir := t.TempDir()
	for name, text := range files {
		write(t, dir, name, text)
	}
	gitIn(t, dir, "init", "-q", "--object-format="+format)
	gitIn(t, dir, "add", "-A")
	gitIn(t, dir, "commit", "-q", "--allow-empty", "-m", "base")
	r, err := Open(context.Background(), dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func gitIn(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %s: %v\n%s", args, err, out)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

func TestChanged(t *testing.T) {
	for _, format := range []string{"sha1", "sha256"} {
		t.Run(format, func(t *testing.T) {
			r := repository(t, format, map[string]string{
				"same": "x", "edited": "x", "deleted": "x", "staged": "x", "hidden": "x", "filtered": "x", "odd \"näme\"\n": "x",
				".gitignore": "ignored*\n", ".gitattributes": "filtered filter=f\n",
			})
			ctx := context.Background()
			commit, err := r.Commit(ctx, "HEAD")
			if err != nil {
				t.Fatal(err)
			}
			if changed, err := r.Changed(ctx, commit); err != nil || len(changed) != 0 {
				t.Fatalf("changed without a change: %q, %v", changed, err)
			}
			write(t, r.Root, "edited", "y")
			write(t, r.Root, "staged", "y")
			write(t, r.Root, "staged new", "y")
			gitIn(t, r.Root, "add", "staged", "staged new")
			write(t, r.Root, "new/file", "y")
			write(t, r.Root, "ignored", "y")
			write(t, r.Root, "a/testdata/ignored", "y")
			write(t, r.Root, "odd \"näme\"\n", "y")
			// An edit that git does not look for, and one that it takes back.
			gitIn(t, r.Root, "update-index", "--assume-unchanged", "hidden")
			write(t, r.Root, "hidden", "y")
			gitIn(t, r.Root, "config", "filter.f.clean", "printf x")
			write(t, r.Root, "filtered", "y")
			if err := os.Remove(filepath.Join(r.Root, "deleted")); err != nil {
				t.Fatal(err)
			}
			want := []string{"a/testdata/", "a/testdata/ignored", "deleted", "edited", "filtered", "hidden", "new/file", "odd \"näme\"\n", "staged", "staged new"}
			if changed, err := r.Changed(ctx, commit); err != nil || !slices.Equal(changed, want) {
				t.Errorf("changed are %q, %v; want %q", changed, err, want)
			}
		})
	}
}

// TestNothingIsRun has a repository name a program for each occasion on which
// git would run one, except the filters of attributes, which go build's own
// git status runs as well.
func TestNothingIsRun(t *testing.T) {
	r := repository(t, "sha1", map[string]string{"a.go": "package a\n", ".gitattributes": "*.go diff=evil\n"})
	trap := filepath.Join(t.TempDir(), "ran")
	program := "touch " + trap
	for _, key := range []string{"core.fsmonitor", "diff.external", "diff.evil.command", "diff.evil.textconv", "core.pager", "core.sshCommand"} {
		gitIn(t, r.Root, "config", key, program)
	}
	write(t, r.Root, "a.go", "package a\n\nvar X = 1\n")
	ctx := context.Background()
	commit, err := r.Commit(ctx, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Changed(ctx, commit); err != nil {
		t.Error(err)
	}
	diff, err := r.Diff(ctx, commit, ".go")
	if err != nil {
		t.Error(err)
	}
	lines, err := HunkLines(diff)
	if err != nil || !reflect.DeepEqual(lines, map[string][]int{"a.go": {2, 3}}) {
		t.Errorf("changed lines %v, %v", lines, err)
	}
	if _, err := os.Stat(trap); err == nil {
		t.Error("git ran a program that the repository names")
	}
}

func TestCommit(t *testing.T) {
	r := repository(t, "sha1", map[string]string{"a": "x"})
	ctx := context.Background()
	base, err := r.Commit(ctx, "HEAD")
	if err != nil {
		t.Fatal(err)
	}
	gitIn(t, r.Root, "checkout", "-q", "-b", "side")
	gitIn(t, r.Root, "commit", "-q", "--allow-empty", "-m", "side")
	gitIn(t, r.Root, "checkout", "-q", "-")
	gitIn(t, r.Root, "commit", "-q", "--allow-empty", "-m", "ahead")
	if got, err := r.Commit(ctx, "side..."); err != nil || got != base {
		t.Errorf("side... is %s, %v; want %s", got, err, base)
	}
	for _, ref := range []string{"", "nosuch", "--help", "-h", "HEAD:a", "side..HEAD", "nosuch..."} {
		_, err := r.Commit(ctx, ref)
		var user *fault.UserError
		if !errors.As(err, &user) || user.Kind != fault.Usage {
			t.Errorf("Commit(%q): error %v, want one of usage", ref, err)
		}
	}
	if data, ok, err := r.File(ctx, base, "a"); string(data) != "x" || !ok || err != nil {
		t.Errorf("File = %q, %t, %v", data, ok, err)
	}
	if _, ok, err := r.File(ctx, base, "nosuch"); ok || err != nil {
		t.Errorf("File of a missing one = %t, %v", ok, err)
	}
}

func TestBelow(t *testing.T) {
	for _, tt := range []struct {
		name, dir string
		want      bool
	}{
		{"a/b", "a", true}, {"a", "a", true}, {"a/", "a", true}, {"ab", "a", false}, {"a", "a/b", false}, {"a", ".", true}, {"a/b/", "a/b", true},
	} {
		if got := Below(tt.name, tt.dir); got != tt.want {
			t.Errorf("Below(%q, %q) = %t", tt.name, tt.dir, got)
		}
	}
}

func FuzzHunkLines(f *testing.F) {
	f.Add("diff --git a/x.go b/x.go\n--- a/x.go\n+++ b/x.go\n@@ -1 +1,2 @@ func\n-a\n+++ b/y\n+c\n@@ -9,2 +10,0 @@\n")
	f.Add("diff --git a/x b/x\n+++ \"b/\\303\\244\"\n@@ -0,0 +1 @@\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "@@ ") > 8 {
			return // each may stand for many lines
		}
		lines, err := HunkLines([]byte(text))
		if err != nil {
			return
		}
		for name := range maps.Keys(lines) {
			if name == "" {
				t.Error("lines of no file")
			}
		}
	})
}
