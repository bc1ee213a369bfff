package cache

import (
	"path/filepath"
	"testing"
)

// TestClassify has what gust writes beside builds, and what it does not.
func TestClassify(t *testing.T) {
	for rel, want := range map[string]kind{
		"writes": book, "writes/0123456789abcdef": book,
		"writes/0123456789abcdef/manifest.json": book, "writes/0123456789abcdef/17": book,
		"writes/0123456789abcdef/notes": foreign, "writes/0123456789abcdef/17/x": foreign,
		"writes/0123": foreign, "writes/notes": foreign,
		"history/0123.jsonl": book, "history/0123.jsonl.lock": book, "history/0123.json": foreign,
		"touched/0123.json": entry, "touched/0123.json.new": temp, "touched/x.json": foreign,
		"layout/wazero-v1-amd64-linux": book, "layout/wazero-v1-amd64-linux/0123": book, "layout/wazero-v1-amd64-linux/0123.tmp": temp,
		"layout/notes": foreign, "timings/a.html": entry, "timings/a.txt": foreign,
		"use.lock": book, "use.lock/x": foreign, "tmp-1": temp, "notes": foreign,
	} {
		if _, got := classify(filepath.FromSlash(rel)); got != want {
			t.Errorf("%s is of kind %d, want %d", rel, got, want)
		}
	}
}
