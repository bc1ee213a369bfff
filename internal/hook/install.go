package hook

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
)

// Name is the hook that gust installs.
const Name = "pre-commit"

// kept is what a hook that was there before is called from then on.
const kept = Name + ".before-gust"

// marker begins the line by which gust knows its own hook; a checksum of what
// follows ends it, so that a hook that somebody edited is not overwritten.
const marker = "# Installed by gust hook install; gust hook uninstall takes it away. sha256="

// A Place is where git looks for the hook of a repository.
type Place struct {
	Path string
	// Project says that it is in the working tree, where others get it too.
	Project bool
	kept    string
}

// Find finds the place. A directory that other repositories may use as well is
// refused.
func Find(ctx context.Context, repo *git.Repo) (Place, error) {
	hooks, common, err := repo.HooksDir(ctx)
	if err != nil {
		return Place{}, err
	}
	p := Place{Path: filepath.Join(hooks, Name), kept: filepath.Join(hooks, kept)}
	switch {
	case inside(hooks, common):
	case inside(hooks, repo.Root):
		p.Project = true
	default:
		return Place{}, fault.New(fault.Capability, "add the line \"gust hook run\" to "+p.Path,
			"core.hooksPath is %q, which other repositories may use too", hooks)
	}
	return p, nil
}

func inside(dir, root string) bool {
	rel, err := filepath.Rel(resolved(root), resolved(dir))
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

// resolved follows links as far as the path exists.
func resolved(dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		return real
	}
	parent := filepath.Dir(dir)
	if parent == dir {
		return dir
	}
	return filepath.Join(resolved(parent), filepath.Base(dir))
}

// Script is the text of the hook. self is the gust to fall back on where there
// is none in PATH, as in editors that were not started from a shell.
func Script(self string, args []string) []byte {
	run := "hook run"
	for _, arg := range args {
		run += " " + shellQuote(arg)
	}
	fallback := "gust"
	if self != "" {
		fallback = shellQuote(filepath.ToSlash(self))
	}
	body := `before=$(dirname -- "$0")/` + kept + `
if [ -x "$before" ]; then
	"$before" "$@" || exit
fi
gust=$(command -v gust) || gust=` + fallback + `
if ! command -v "$gust" >/dev/null; then
	echo 'gust is not in PATH, so the commit is not checked; git commit --no-verify commits all the same' >&2
	exit 1
fi
exec "$gust" ` + run + "\n"
	return []byte(fmt.Sprintf("#!/bin/sh\n%s%x\n%s", marker, sha256.Sum256([]byte(body)), body))
}

func shellQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// own reports whether a hook is gust's, and whether it is as gust wrote it.
func own(data []byte) (ours, intact bool) {
	rest, ok := bytes.CutPrefix(data, []byte("#!/bin/sh\n"+marker))
	if !ok {
		return bytes.Contains(data, []byte(marker)), false
	}
	sum, body, _ := bytes.Cut(rest, []byte("\n"))
	return true, fmt.Sprintf("%x", sha256.Sum256(body)) == string(sum)
}

// Install writes the hook. One that is there is kept beside it, and run first.
// before says where it is now, "" if there was none.
func (p Place) Install(script []byte) (before string, err error) {
	data, err := os.ReadFile(p.Path)
	ours, intact := own(data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, lerr := os.Lstat(p.Path); lerr == nil {
			return "", fmt.Errorf("install the hook: %s is a link that leads nowhere", p.Path)
		}
		return "", p.write(script)
	case err != nil:
		return "", fmt.Errorf("read the hook that is there: %w", err)
	case ours && !intact:
		return "", p.edited()
	case ours:
		return "", p.write(script)
	case p.Project:
		// Programs that manage hooks keep theirs here and find out by its name
		// which one runs; it belongs to the project, and not to this clone.
		return "", fault.New(fault.Capability, "add the line \"gust hook run\" to it", "the project has a hook of its own, %s", p.Path)
	}
	if _, err := os.Lstat(p.kept); err == nil {
		return "", fault.New(fault.Usage, "move one of them away", "there are both %s and %s", p.Path, p.kept)
	}
	if err := os.Rename(p.Path, p.kept); err != nil {
		return "", fmt.Errorf("keep the hook that is there: %w", err)
	}
	if err := p.write(script); err != nil {
		return "", errors.Join(err, os.Rename(p.kept, p.Path))
	}
	return p.kept, nil
}

func (p Place) edited() error {
	return fault.New(fault.Usage, "move it away, or edit it further", "%s has been edited since gust wrote it", p.Path)
}

// write puts the hook in place in one step.
func (p Place) write(script []byte) error {
	dir := filepath.Dir(p.Path)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("install the hook: %w", err)
	}
	tmp, err := os.CreateTemp(dir, ".gust-hook-*")
	if err != nil {
		return fmt.Errorf("install the hook: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(script)
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), 0o755)
	}
	if err == nil {
		err = os.Rename(tmp.Name(), p.Path)
	}
	if err != nil {
		return fmt.Errorf("install the hook: %w", err)
	}
	return nil
}

// Uninstall takes the hook away and puts back the one that was there before.
func (p Place) Uninstall() (restored bool, err error) {
	data, err := os.ReadFile(p.Path)
	ours, intact := own(data)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return false, fmt.Errorf("read the hook: %w", err)
	case err != nil || !ours:
		return false, fault.New(fault.NotFound, "run: gust hook install", "there is no hook of gust's at %s", p.Path)
	case !intact:
		return false, p.edited()
	}
	if _, err := os.Lstat(p.kept); err == nil {
		if err := os.Rename(p.kept, p.Path); err != nil {
			return false, fmt.Errorf("put the earlier hook back: %w", err)
		}
		return true, nil
	}
	if err := os.Remove(p.Path); err != nil {
		return false, fmt.Errorf("remove the hook: %w", err)
	}
	return false, nil
}
