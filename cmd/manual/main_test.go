package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestCurrent wants docs/commands to be what the help is now.
func TestCurrent(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "commands")
	want := pages()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		got = bytes.ReplaceAll(got, []byte("\r\n"), []byte("\n"))
		if !bytes.Equal(got, want[e.Name()]) {
			t.Errorf("docs/commands/%s is not what the help says now; run: go generate ./docs", e.Name())
		}
		delete(want, e.Name())
	}
	for name := range want {
		t.Errorf("docs/commands/%s is missing; run: go generate ./docs", name)
	}
}

// TestMan writes all man pages and looks for what would be missing.
func TestMan(t *testing.T) {
	dir := t.TempDir()
	var stderr bytes.Buffer
	if code := run([]string{"-man", dir}, &stderr); code != 0 {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	for name, want := range map[string][]string{
		"gust.1":        {"gust build \\-o app", ".SH SEE ALSO", "\\fBgust\\-tui\\fR(1)"},
		"gust-test.1":   {".SH SYNOPSIS", "\n\\fB\\-\\-rerun\\-fails[=N]\\fR\n", ".SH EXIT STATUS"},
		"gust-graph.1":  {".SH GUST GRAPH WHY\n", "\\fB\\-\\-format string\\fR"},
		"gust-kernel.1": {".SH GUST KERNEL INSPECT\n"},
	} {
		page, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
			continue
		}
		for _, part := range want {
			if !strings.Contains(string(page), part) {
				t.Errorf("%s does not say %q", name, part)
			}
		}
	}
}
