package cache

import (
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/internal/runlog"
)

const (
	storeDir   = "store"
	overlayDir = "go-build"
	sessionDir = "session"
	currentDir = "current"
	timingsDir = "timings" // pages of gust build --timings
	historyDir = "history" // results of test runs
	touchedDir = "touched" // what tests touched when they were last traced
	writesDir  = "writes"  // what the last tests of a checkout wrote, kept aside
	runsDir    = "runs"    // events of the last runs
	drawingDir = "layout"  // native code of the layout engine of gust graph
	lockName   = "use.lock"
	stampName  = "size.txt"
	usageName  = "usage.jsonl"
	remoteName = "remote.jsonl" // what remote caches were good for
)

// A kind says what a file is for, and thereby who may remove it when.
type kind int

const (
	foreign kind = iota
	entry        // of the store, a snapshot of a target, or a page of timings
	data         // of an overlay: a file, or an executable in its directory
	action       // of an overlay
	book         // records of the cache's keepers, small and few
	temp         // being written, or left by who died writing
	corpus       // a link to the user's fuzz corpus
)

// classify says what a path relative to the cache folder is, and the area it
// belongs to. Directories on the way to an entry count as their content.
func classify(rel string) (area string, k kind) {
	parts := strings.Split(rel, string(filepath.Separator))
	switch parts[0] {
	case storeDir:
		return classifyStore(parts)
	case overlayDir:
		return classifyOverlay(parts)
	case sessionDir:
		switch {
		case len(parts) == 1:
			return sessionDir, book
		case strings.HasPrefix(parts[1], "build-"):
			return sessionDir, temp
		}
		return sessionDir, foreign
	case currentDir:
		return currentDir, classifySnapshot(parts)
	case timingsDir:
		switch {
		case len(parts) == 1:
			return timingsDir, book
		case len(parts) == 2 && strings.HasSuffix(parts[1], ".html"):
			return timingsDir, entry
		}
		return timingsDir, foreign
	case historyDir:
		return historyDir, classifyHashed(parts, "jsonl", book) // logs of package history
	case touchedDir:
		return touchedDir, classifyHashed(parts, "json", entry) // records of gust test --record
	case writesDir:
		return writesDir, classifyWrites(parts)
	case runsDir:
		switch {
		case len(parts) == 1, len(parts) == 2 && runlog.IsName(parts[1]):
			return runsDir, book
		}
		return runsDir, foreign
	case drawingDir:
		return drawingDir, classifyDrawing(parts)
	case lockName, stampName, usageName, remoteName:
		if len(parts) == 1 {
			return "", book
		}
	}
	if len(parts) == 1 && strings.HasPrefix(parts[0], "tmp-") {
		return "", temp
	}
	return "", foreign
}

func classifyStore(parts []string) (area string, k kind) {
	if len(parts) == 1 {
		return storeDir, book
	}
	area = filepath.Join(storeDir, parts[1])
	switch name := parts[len(parts)-1]; {
	case len(parts) == 2 && name == "trim.txt":
		return storeDir, book
	case strings.HasPrefix(name, "tmp-"):
		return area, temp
	case len(parts) == 2 && isKind(name), len(parts) == 3 && len(name) == 2 && isHex(name):
		return area, book // a directory on the way
	case len(parts) == 4 && len(parts[2]) == 2 && isHex(parts[2]) && isHex(name):
		return area, entry
	}
	return area, foreign
}

// classifySnapshot knows the files of package astcache.
func classifySnapshot(parts []string) kind {
	switch {
	case len(parts) == 1:
		return book
	case len(parts) == 2 && strings.HasPrefix(parts[1], "tmp-"):
		return temp
	case len(parts) == 2 && astcache.IsName(parts[1]):
		return entry
	}
	return foreign
}

// classifyHashed knows directories of files that are named by a digest: one that
// is replaced has a second extension, one that is appended to a lock beside it.
func classifyHashed(parts []string, ext string, whole kind) kind {
	if len(parts) == 1 {
		return book
	}
	name, rest, _ := strings.Cut(parts[1], ".")
	switch {
	case len(parts) > 2 || !isHex(name):
		return foreign
	case rest == ext:
		return whole
	case rest == ext+".new":
		return temp
	case rest == ext+".lock" && whole == book:
		return book
	}
	return foreign
}

// classifyWrites knows what package sandbox keeps: a folder for each checkout,
// with numbered files and a list of them, which make sense together only.
func classifyWrites(parts []string) kind {
	switch {
	case len(parts) == 1, len(parts) == 2 && len(parts[1]) == 16 && isHex(parts[1]):
		return book
	case len(parts) == 3 && classifyWrites(parts[:2]) == book && (parts[2] == "manifest.json" || strings.Trim(parts[2], "0123456789") == ""):
		return book
	}
	return foreign
}

// classifyDrawing knows what wazero keeps: a folder for each of its versions.
func classifyDrawing(parts []string) kind {
	switch {
	case len(parts) == 1, len(parts) == 2 && strings.HasPrefix(parts[1], "wazero-"):
		return book
	case len(parts) == 3 && strings.HasPrefix(parts[1], "wazero-") && isHex(parts[2]):
		return book
	case len(parts) == 3 && strings.HasPrefix(parts[1], "wazero-") && strings.HasSuffix(parts[2], ".tmp"):
		return temp
	}
	return foreign
}

func classifyOverlay(parts []string) (area string, k kind) {
	if len(parts) == 1 {
		return overlayDir, book
	}
	area = filepath.Join(overlayDir, parts[1])
	rule, id, ok := strings.Cut(parts[1], "-")
	if !ok || !isKind(rule) || len(id) != 16 || !isHex(id) {
		return area, foreign
	}
	if len(parts) == 2 || len(parts) == 3 && (len(parts[2]) == 2 && isHex(parts[2]) || parts[2] == overlay.TempDir) {
		return area, book // a directory on the way
	}
	switch overlay.Classify(filepath.Join(parts[2:]...)) {
	case overlay.Data:
		return area, data
	case overlay.Action:
		return area, action
	case overlay.Book:
		return area, book
	case overlay.Temp:
		return area, temp
	case overlay.Corpus:
		return area, corpus
	}
	return area, foreign
}

func isKind(s string) bool {
	for _, c := range s {
		if c < 'a' || c > 'z' {
			return false
		}
	}
	return s != ""
}

func isHex(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != ""
}
