package hook

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
)

// A Snapshot is the index as files, where the working tree differs from it.
type Snapshot struct {
	// Overlay is a file for go's -overlay, "" if nothing differs.
	Overlay string
	// Differs are the paths that differ from the index, relative to the root
	// of the repository; Untracked those that are not in it.
	Differs, Untracked []string

	dir string
}

// Take makes a snapshot in an empty directory of its own.
func Take(ctx context.Context, repo *git.Repo, dir string) (*Snapshot, error) {
	s := &Snapshot{dir: dir}
	var err error
	if s.Differs, err = repo.Unstaged(ctx); err != nil {
		return nil, err
	}
	all, err := repo.Untracked(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range all {
		// A repository within this one is none of ours.
		if !strings.HasSuffix(name, "/") {
			s.Untracked = append(s.Untracked, name)
		}
	}
	if len(s.Differs)+len(s.Untracked) == 0 {
		return s, nil
	}
	return s, s.write(ctx, repo)
}

// write makes the overlay: what differs as the index has it, what is not
// tracked as if it were not there. What git ignores stays, since generated
// sources are often ignored and no commit will have them either way.
func (s *Snapshot) write(ctx context.Context, repo *git.Repo) error {
	tree := filepath.Join(s.dir, "tree")
	if err := repo.WriteIndexed(ctx, tree, s.Differs); err != nil {
		return err
	}
	replace := make(map[string]string)
	for _, name := range s.Differs {
		replace[filepath.Join(repo.Root, filepath.FromSlash(name))] = filepath.Join(tree, filepath.FromSlash(name))
	}
	for _, name := range s.Untracked {
		replace[filepath.Join(repo.Root, filepath.FromSlash(name))] = ""
	}
	data, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return fmt.Errorf("describe the index to go: %w", err)
	}
	s.Overlay = filepath.Join(s.dir, "overlay.json")
	if err := os.WriteFile(s.Overlay, data, 0o600); err != nil {
		return fmt.Errorf("describe the index to go: %w", err)
	}
	return nil
}

// Checkout writes staged files below a directory of the snapshot, for programs
// that know no overlays, and returns the directory.
func (s *Snapshot) Checkout(ctx context.Context, repo *git.Repo, paths []string) (string, error) {
	dir := filepath.Join(s.dir, "staged")
	return dir, repo.WriteIndexed(ctx, dir, paths)
}

// DataDiffers returns a path in a module that tests may read, that is no
// source of go's and that differs from the index: tests read such files from
// the working tree, whatever an overlay says.
func (s *Snapshot) DataDiffers(module string) string {
	for _, name := range append(s.Differs[:len(s.Differs):len(s.Differs)], s.Untracked...) {
		if git.Below(name, module) && (!isSource(name) || inTestdata(path.Dir(name))) && path.Base(name) != "go.mod" && path.Base(name) != "go.sum" {
			return name
		}
	}
	return ""
}

// Environ returns an environment without what git tells its hooks. A test that
// runs git in a repository of its own would otherwise write to this one.
func Environ(env []string) []string {
	var out []string
	for _, kv := range env {
		name, _, _ := strings.Cut(kv, "=")
		switch name {
		case "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
			"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_IMPLICIT_WORK_TREE":
			continue
		}
		out = append(out, kv)
	}
	return out
}

// GoFlags adds the overlay to the value of GOFLAGS, which all of go's commands
// heed.
func (s *Snapshot) GoFlags(flags string) (string, error) {
	overlay, err := gocmd.Quote("-overlay=" + s.Overlay)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(flags + " " + overlay), nil
}

// Rename gives files in what a step in a module wrote the names that they have
// in the working tree. go shortens paths if that makes them relative to where it
// runs, as they may be where the directory for temporary files is near.
func (s *Snapshot) Rename(repo *git.Repo, module string, text []byte) []byte {
	if s.Overlay == "" {
		return text
	}
	tree := filepath.Join(s.dir, "tree")
	sep := []byte{filepath.Separator}
	dir := filepath.Join(repo.Root, filepath.FromSlash(module))
	for _, from := range []string{filepath.Join(tree, filepath.FromSlash(module)), tree} {
		to := []byte(nil)
		if from == tree && module != "." {
			to = append([]byte(repo.Root), sep...)
		}
		if short, err := filepath.Rel(dir, from); err == nil {
			text = bytes.ReplaceAll(text, append([]byte(short), sep...), to)
		}
		text = bytes.ReplaceAll(text, append([]byte(from), sep...), to)
	}
	return text
}
