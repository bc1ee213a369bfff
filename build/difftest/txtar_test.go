package difftest

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/difftest/edit"
)

// readModule reads the files of a txtar archive in testdata: "-- name --"
// lines with the file's content below, after a comment.
func readModule(t *testing.T, name string) edit.Tree {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	tree, file := edit.Tree{}, ""
	// Checkouts on Windows may bring carriage returns.
	for line := range strings.Lines(string(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))) {
		if n, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(n, " --") {
			file = strings.TrimSuffix(n, " --")
			tree[file] = []byte{}
		} else if file != "" {
			tree[file] = append(tree[file], line...)
		}
	}
	if tree["go.mod"] == nil {
		t.Fatalf("%s has no go.mod", name)
	}
	return tree
}

// modules returns the names of the modules in testdata.
func modules(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules in testdata: %v", err)
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(f), ".txtar"))
	}
	return names
}
