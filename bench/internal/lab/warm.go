package lab

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/bench/internal/side"
)

// ErrBuilt is returned where a cache already holds what is to be measured.
var ErrBuilt = errors.New("the work folder has built this before, so it would be found in a cache: use another one")

// Freeze keeps a copy of each side's folder under a name, if the work folder
// is kept and has no such copy yet.
func (l *Lab) Freeze(ctx context.Context, name string) error {
	if l.temp {
		return nil
	}
	for _, s := range l.Sides {
		frozen := l.frozen(s, name)
		if _, err := os.Stat(frozen); err == nil {
			continue
		}
		l.Logf("%s: keeping a copy of the warm caches", s.Title)
		// Made under another name, as an interrupted copy must not be found.
		if err := copyTree(ctx, s.Dir, frozen+".part"); err != nil {
			return err
		}
		if err := os.Rename(frozen+".part", frozen); err != nil {
			return fmt.Errorf("keep warm caches: %w", err)
		}
	}
	return nil
}

// Thaw puts back the copies that [Lab.Freeze] has kept under name. Sides
// without one stay as they are.
func (l *Lab) Thaw(ctx context.Context, name string) error {
	for _, s := range l.Sides {
		frozen := l.frozen(s, name)
		if _, err := os.Stat(frozen); err != nil {
			continue
		}
		l.Logf("%s: putting back the warm caches", s.Title)
		if err := copyTree(ctx, frozen, s.Dir); err != nil {
			return err
		}
	}
	return nil
}

func (l *Lab) frozen(s *side.Side, name string) string {
	return filepath.Join(l.Work, "warm", name, filepath.Base(s.Dir))
}

// copyTree replaces to by a copy of from. cp keeps the times and the hard
// links between go's cache and gust's, which are part of their state.
func copyTree(ctx context.Context, from, to string) error {
	if err := os.RemoveAll(to); err != nil {
		return fmt.Errorf("copy caches: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("copy caches: %w", err)
	}
	if out, err := exec.CommandContext(ctx, "cp", "-a", from, to).CombinedOutput(); err != nil {
		return fmt.Errorf("copy caches: %w\n%s", err, out)
	}
	return nil
}

// Claim notes in each side's folder that the states called names are about to
// be built. It fails with [ErrBuilt] if a side has built one of them.
func (l *Lab) Claim(names []string) error {
	for _, s := range l.Sides {
		file := filepath.Join(s.Dir, "built")
		text, err := os.ReadFile(file)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read what was built: %w", err)
		}
		built := strings.Fields(string(text))
		for _, name := range names {
			if slices.Contains(built, name) {
				return fmt.Errorf("side %q, %s: %w", s.Title, name, ErrBuilt)
			}
		}
		text = append(text, strings.Join(names, "\n")+"\n"...)
		if err := os.WriteFile(file, text, 0o644); err != nil {
			return fmt.Errorf("note what is built: %w", err)
		}
	}
	return nil
}
