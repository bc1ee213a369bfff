package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

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
	t.Setenv(standin.Variable, "on")
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":          "module example.com/toy\n\ngo 1.24\n",
		"lib/lib.go":      "package lib\n\n// Work is long enough.\nfunc Work(s string) (n int) {\n\tfor range s {\n\t\tn++\n\t}\n\treturn n\n}\n",
		"lib/lib_test.go": "package lib\n",
		"cmd/app/main.go": "package main\n\nimport \"example.com/toy/lib\"\n\nfunc main() {\n\tprintln(lib.Work(\"x\"))\n}\n",
	}
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	doc := filepath.Join(t.TempDir(), "doc.md")
	var stdout, stderr bytes.Buffer
	args := []string{
		"-module", dir, "-pkg", "./cmd/app", "-file", "lib/lib.go", "-main", "cmd/app/main.go", "-runs", "1",
		"-gust", os.Args[0], "-o", doc, "-label", "a toy", "-work", t.TempDir(), "-seed", standin.SeedCache(t), "-seed-gust",
	}
	if code := run(args, &stdout, &stderr); code != 0 {
		t.Fatalf("exit code %d\n%s", code, &stderr)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s was not restored: %v\n%s", name, err, got)
		}
	}
	for _, title := range []string{"nothing changed", "comment, no line moves", "test file", "main package"} {
		if !strings.Contains(stdout.String(), title) {
			t.Errorf("no row for %q:\n%s", title, &stdout)
		}
	}
	if got, err := os.ReadFile(doc); err != nil || !strings.Contains(string(got), strings.TrimSpace(stdout.String())) {
		t.Errorf("the document does not hold what was printed: %v\n%s", err, got)
	}
	if strings.Contains(stdout.String(), dir) {
		t.Error("the document names a folder of this machine")
	}

	t.Setenv(standin.Variable, "fail")
	if code := run(args, &stdout, &stderr); code != 1 {
		t.Errorf("with a gust that fails: exit code %d, want 1", code)
	}
}

func TestBadFlags(t *testing.T) {
	for _, args := range [][]string{{}, {"-module", "x"}, {"-module", "x", "-file", "y", "z"}, {"-module", "x", "-file", "y", "-runs", "0"}} {
		var stdout, stderr bytes.Buffer
		if code := run(args, &stdout, &stderr); code != 2 || stderr.Len() == 0 {
			t.Errorf("%q: exit code %d, message %q", args, code, &stderr)
		}
	}
}
