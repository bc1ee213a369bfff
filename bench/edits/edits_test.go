package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/bench/internal/edit"
	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/side"
	"github.com/gust-go/gust/bench/internal/standin"
)

func TestMain(m *testing.M) {
	standin.Main()
	os.Exit(m.Run())
}

const (
	libSource = `package lib

// Work is long enough.
func Work(s string) (n int) {
	for _, r := range s {
		if r == 'x' {
			n++
		}
	}
	return n
}
`
	mainSource = `package main

import "example.com/toy/lib"

func main() {
	println(lib.Work("x"))
}
`
)

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("fills a build cache")
	}
	t.Setenv(standin.Variable, "on")
	dir := toy(t)
	doc := filepath.Join(t.TempDir(), "doc.md")
	var stdout, stderr bytes.Buffer
	args := []string{
		"-module", dir, "-pkg", "./cmd/app", "-file", "lib/lib.go", "-runs", "1", "-lines", "exact",
		"-gust", os.Args[0], "-o", doc, "-label", "a toy", "-work", t.TempDir(),
		"-seed", standin.SeedCache(t), "-seed-gust",
	}
	code := run(args, &stdout, &stderr)
	if code != 0 {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	for file, want := range map[string]string{"lib/lib.go": libSource, "cmd/app/main.go": mainSource} {
		if got := read(t, filepath.Join(dir, file)); got != want {
			t.Errorf("%s was not restored:\n%s", file, got)
		}
	}
	// How many compiles each edit costs go: none, the package itself, its
	// importers as well, or the main package alone.
	for title, compiles := range map[string]string{
		"nothing changed": "0", "comment, no line moves": "1", "function body, no line moves": "2",
		"function body, lines move": "2", "API: new exported function": "2", "main package: func main, lines move": "1",
	} {
		cells := tableRow(stdout.String(), title)
		if len(cells) < 7 || cells[2] != compiles || cells[5] != "1 (+5)" || cells[6] != "yes" {
			t.Errorf("%s: want %s compiles by go and 1 (+5) by gust, got %q", title, compiles, cells)
		}
	}
	if got := read(t, doc); !strings.Contains(got, strings.TrimSpace(stdout.String())) {
		t.Errorf("the document does not hold what was printed:\n%s", got)
	}
	if strings.Contains(stdout.String(), dir) {
		t.Error("the document names a folder of this machine")
	}

	t.Setenv(standin.Variable, "fail")
	stdout.Reset()
	if code := run(args, &stdout, &stderr); code != 1 || !strings.Contains(stdout.String(), lab.FailsOtherwise.String()) {
		t.Errorf("with a gust that fails: exit code %d, want 1\n%s", code, &stdout)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{
		{}, {"-module", "x"}, {"-module", "x", "-file", "y", "z"}, {"-module", "x", "-file", "y", "-runs", "0"}, {"-bogus"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, message %q", args, code, &stderr)
		}
	}
}

func TestCheckTellsUnrealEdits(t *testing.T) {
	counted := func(compiled int, digest string) lab.Round {
		counts := &side.Counts{Compiled: compiled}
		return lab.Round{Results: []side.Result{{Counts: counts}}, Digest: digest}
	}
	tests := []struct {
		name string
		kind edit.Kind
		r    lab.Round
		ok   bool
	}{
		{"no-op", edit.None, counted(0, "a"), true},
		{"no-op that changes", edit.None, counted(0, "b"), false},
		{"comment", edit.Comment, counted(1, "a"), true},
		{"comment in a file that is not built", edit.Comment, counted(0, "a"), false},
		{"body", edit.Body, counted(2, "b"), true},
		{"body of an unlinked function", edit.Body, counted(2, "a"), false},
		{"API, unlinked", edit.API, counted(2, "a"), true},
	}
	for _, test := range tests {
		c := benchCase{kind: test.kind}
		if err := c.check(test.r, "a"); (err == nil) != test.ok {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

func TestAddKeepsTheWorstVerdict(t *testing.T) {
	r := newRow("x", 1)
	for _, v := range []lab.Verdict{lab.Equal, lab.Differs, lab.Equal} {
		r.add(lab.Round{Results: []side.Result{{Wall: time.Second}}, Verdicts: []lab.Verdict{v}}, v != lab.Differs)
	}
	if r.verdicts[0] != lab.Differs || len(r.walls[0]) != 2 {
		t.Errorf("got %v and %d timed rounds, want %v and 2", r.verdicts[0], len(r.walls[0]), lab.Differs)
	}
}

func toy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod": "module example.com/toy\n\ngo 1.24\n", "lib/lib.go": libSource, "cmd/app/main.go": mainSource,
	} {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// tableRow returns the cells of the row with this title.
func tableRow(doc, title string) []string {
	for line := range strings.Lines(doc) {
		if !strings.HasPrefix(line, "| "+title+" ") {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		return cells
	}
	return nil
}
