package git

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Modes of tree entries that are not plain files.
const (
	modeLink      = "120000"
	modeSubmodule = "160000"
)

type entry struct{ mode, id string }

// parseTree reads the output of git ls-tree -z.
func parseTree(out []byte) (map[string]entry, error) {
	entries := make(map[string]entry)
	for _, line := range fields(out) {
		meta, name, ok := strings.Cut(line, "\t")
		words := strings.Fields(meta)
		if !ok || len(words) != 3 {
			return nil, fmt.Errorf("git ls-tree wrote %q", line)
		}
		entries[name] = entry{mode: words[0], id: words[2]}
	}
	return entries, nil
}

// Changed returns all paths whose content in the working tree may differ from
// that in a commit: edited, added, deleted, untracked; relative to Root with
// slashes, sorted. A path that ends in a slash stands for all below it. A
// submodule counts as changed, and so does a link that leads out of the
// repository or to something that changed. What git ignores is not among
// them, but for what lies in a folder named testdata.
func (r *Repo) Changed(ctx context.Context, commit string) ([]string, error) {
	out, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", commit)
	if err != nil {
		return nil, err
	}
	tree, err := parseTree(out)
	if err != nil {
		return nil, err
	}
	changed := r.differing(ctx, tree)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	// A file that was added to the index since is not in the tree, and not
	// untracked either.
	index, err := r.run(ctx, "ls-files", "-z", "--cached")
	if err != nil {
		return nil, err
	}
	untracked, err := r.Untracked(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range append(fields(index), untracked...) {
		if _, ok := tree[name]; !ok {
			changed = append(changed, name)
		}
	}
	ignored, err := r.Ignored(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range ignored {
		if slices.Contains(strings.Split(name, "/"), "testdata") {
			changed = append(changed, name)
		}
	}
	changed = append(changed, r.links(tree, changed)...)
	slices.Sort(changed)
	return slices.Compact(changed), nil
}

// differing hashes the files of a tree, on all processors.
func (r *Repo) differing(ctx context.Context, tree map[string]entry) []string {
	names := make(chan string)
	var mu sync.Mutex
	var changed []string
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for name := range names {
				if r.same(name, tree[name]) {
					continue
				}
				if tree[name].mode == modeSubmodule {
					name += "/"
				}
				mu.Lock()
				changed = append(changed, name)
				mu.Unlock()
			}
		}()
	}
	for name := range tree {
		if ctx.Err() != nil {
			break
		}
		names <- name
	}
	close(names)
	wg.Wait()
	return changed
}

// same reports whether a path of the working tree surely is what the entry
// says.
func (r *Repo) same(name string, e entry) bool {
	file := filepath.Join(r.Root, filepath.FromSlash(name))
	info, err := os.Lstat(file)
	if err != nil {
		return false
	}
	switch {
	case e.mode == modeSubmodule:
		return false
	case e.mode == modeLink:
		target, err := os.Readlink(file)
		return err == nil && r.blob(strings.NewReader(filepath.ToSlash(target)), int64(len(target))) == e.id
	case !info.Mode().IsRegular():
		return false
	case runtime.GOOS != "windows" && (e.mode == "100755") != (info.Mode().Perm()&0o100 != 0):
		return false
	}
	f, err := os.Open(file)
	if err != nil {
		return false
	}
	defer f.Close()
	return r.blob(f, info.Size()) == e.id
}

// blob is the name that git gives to content of a size; "" if it cannot be
// read.
func (r *Repo) blob(content io.Reader, size int64) string {
	var h hash.Hash
	switch r.hash {
	case "sha1":
		h = sha1.New()
	case "sha256":
		h = sha256.New()
	default:
		return ""
	}
	fmt.Fprintf(h, "blob %d\x00", size)
	if n, err := io.Copy(h, content); err != nil || n != size {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// links returns the links of a tree that lead to something that changed, out
// of the repository, or nowhere.
func (r *Repo) links(tree map[string]entry, changed []string) []string {
	var found []string
	root, err := filepath.EvalSymlinks(r.Root)
	if err != nil {
		root = r.Root
	}
	for name, e := range tree {
		if e.mode != modeLink {
			continue
		}
		target, err := filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(name)))
		rel, relErr := filepath.Rel(root, target)
		rel = filepath.ToSlash(rel)
		if err != nil || relErr != nil || rel == ".." || strings.HasPrefix(rel, "../") {
			found = append(found, name)
			continue
		}
		if slices.ContainsFunc(changed, func(c string) bool { return Below(c, rel) || Below(rel, c) }) {
			found = append(found, name)
		}
	}
	return found
}

// Below reports whether a path, which may end in a slash, is dir or below it.
// Both are relative with slashes; "." and "" are the root.
func Below(name, dir string) bool {
	name, dir = path.Clean("/"+name), path.Clean("/"+dir)
	return dir == "/" || name == dir || strings.HasPrefix(name, dir+"/")
}

// HunkLines reads a diff without context and returns, by file, the lines that
// are new or changed.
func HunkLines(diff []byte) (map[string][]int, error) {
	lines := make(map[string][]int)
	file := ""
	for line := range bytes.Lines(diff) {
		text := strings.TrimRight(string(line), "\r\n")
		switch {
		case strings.HasPrefix(text, "diff --git "):
			file = ""
		case file == "" && strings.HasPrefix(text, "+++ "):
			if file = newName(text); file == "" {
				return nil, fmt.Errorf("git diff wrote %q", text)
			}
		case strings.HasPrefix(text, "@@ ") && file != "":
			first, count, err := hunk(text)
			if err != nil {
				return nil, err
			}
			for n := first; n < first+count; n++ {
				lines[file] = append(lines[file], n)
			}
		}
	}
	return lines, nil
}

// newName reads "+++ b/name", where git quotes an odd name.
func newName(text string) string {
	name := strings.TrimSuffix(strings.TrimPrefix(text, "+++ "), "\t")
	if strings.HasPrefix(name, `"`) {
		plain, err := strconv.Unquote(name)
		if err != nil {
			return ""
		}
		name = plain
	}
	if name == "/dev/null" {
		return name // the file is gone and has no lines
	}
	name, ok := strings.CutPrefix(name, "b/")
	if !ok {
		return ""
	}
	return name
}

// hunk reads "@@ -1,2 +3,4 @@": the part with the plus.
func hunk(text string) (first, count int, err error) {
	words := strings.Fields(text)
	if len(words) < 4 || !strings.HasPrefix(words[2], "+") {
		return 0, 0, fmt.Errorf("git diff wrote %q", text)
	}
	count = 1
	if _, err := fmt.Sscanf(words[2], "+%d,%d", &first, &count); err != nil {
		if _, err := fmt.Sscanf(words[2], "+%d", &first); err != nil {
			return 0, 0, fmt.Errorf("git diff wrote %q", text)
		}
		count = 1
	}
	if first < 0 || count < 0 || count > 1<<24 {
		return 0, 0, fmt.Errorf("git diff wrote %q", text)
	}
	return first, count, nil
}
