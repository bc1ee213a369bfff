package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/bench/internal/gitrepo"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/side"
	"github.com/gust-go/gust/bench/internal/standin"
)

func TestMain(m *testing.M) {
	standin.Main()
	os.Exit(m.Run())
}

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a build cache")
	}
	repo := repository(t)
	seed := standin.SeedCache(t)
	t.Setenv(standin.Variable, "on")
	doc := filepath.Join(t.TempDir(), "doc.md")
	var stdout, stderr bytes.Buffer
	code := run([]string{
		"-repo", repo, "-n", "3", "-lines", "exact", "-gust", os.Args[0], "-o", doc,
		"-seed", seed, "-seed-gust",
	}, &stdout, &stderr)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	for _, want := range []string{
		"second", "broken", "both fail", "third", "**total**",
		"1 of these commits does not build", "go run ./bench/replay -from ", " -repo GITDIR",
	} {
		if !strings.Contains(stdout.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, &stdout)
		}
	}
	text, err := os.ReadFile(doc)
	if err != nil || !bytes.Contains(text, bytes.TrimSpace(stdout.Bytes())) {
		t.Errorf("the document does not hold what was printed: %v\n%s", err, text)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{}, {"-repo", "x", "y"}, {"-bogus"}} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, message %q", args, code, &stderr)
		}
	}
}

func TestTotal(t *testing.T) {
	round := func(goSeconds, gustSeconds, exit int, v lab.Verdict) step {
		result := func(seconds int) side.Result {
			return side.Result{Wall: time.Duration(seconds) * time.Second, Exit: exit, Counts: &side.Counts{Compiled: seconds}}
		}
		return step{gitrepo.Commit{}, lab.Round{
			Results:  []side.Result{result(goSeconds), result(gustSeconds)},
			Verdicts: []lab.Verdict{lab.Equal, v},
		}}
	}
	steps := []step{
		round(20, 7, 0, lab.Equal), round(100, 50, 1, lab.FailsAlike), round(10, 3, 0, lab.Differs),
	}
	sum := total(2, steps)
	if got, want := sum.Results[0].Wall, 30*time.Second; got != want {
		t.Errorf("go took %v, want %v", got, want)
	}
	if got, want := sum.Results[1].Counts.Compiled, 10; got != want {
		t.Errorf("gust compiled %d, want %d", got, want)
	}
	if sum.Verdicts[1] != lab.Differs {
		t.Errorf("verdict is %v, want the worst one", sum.Verdicts[1])
	}
	l := &lab.Lab{Sides: []*side.Side{{}, {Exact: true}}}
	if n := badSteps(l, steps); n != 1 {
		t.Errorf("%d bad steps, want 1", n)
	}
	if n := excluded(steps); n != 1 {
		t.Errorf("%d steps excluded, want 1", n)
	}
}

func TestTitleIsShort(t *testing.T) {
	c := gitrepo.Commit{Hash: strings.Repeat("a", 40), Subject: strings.Repeat("ä", 80)}
	if got, want := title(c), "aaaaaaaaaa "+strings.Repeat("ä", 49)+"…"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// repository holds four commits of a program; the third does not compile.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("no git command")
	}
	t.Setenv("GIT_CONFIG_GLOBAL", os.DevNull)
	t.Setenv("GIT_CONFIG_NOSYSTEM", "1")
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		t.Setenv("GIT_"+who+"_NAME", "bench")
		t.Setenv("GIT_"+who+"_EMAIL", "bench@example.com")
	}
	dir := t.TempDir()
	runGit(t, dir, "init", "-q")
	write(t, dir, "go.mod", "module example.com/toy\n\ngo 1.24\n")
	for _, c := range []struct{ subject, body string }{
		{"first", "println(1)"}, {"second", "println(2)"}, {"broken", "println("}, {"third", "println(3)"},
	} {
		write(t, dir, "main.go", "package main\n\nfunc main() { "+c.body+" }\n")
		runGit(t, dir, "add", "-A")
		runGit(t, dir, "commit", "-q", "-m", c.subject)
	}
	return dir
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func runGit(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
}
