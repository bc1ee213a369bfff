package cmd

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/hook"
	"github.com/gust-go/gust/internal/step"
)

// A hookRun is one run of the steps.
type hookRun struct {
	*app
	repo     *git.Repo
	conf     *config.File
	names    []string
	staged   []git.Staged
	explicit bool // the files were named, and the working tree counts
	snapshot *hook.Snapshot
}

func (h *hookRun) run(ctx context.Context, flags *hookFlags) error {
	concerned := slices.ContainsFunc(h.staged, func(f git.Staged) bool {
		return slices.ContainsFunc(h.names, func(name string) bool { return hook.Relevant(name, f) })
	})
	var modules []hook.Module
	if concerned {
		gomods, err := h.repo.Indexed(ctx, ":(top,glob)**/go.mod")
		if err != nil {
			return err
		}
		modules = hook.Modules(h.staged, gomods)
	}
	dir, err := os.MkdirTemp("", "gust-hook-")
	if err != nil {
		return fmt.Errorf("make a directory for what is staged: %w", err)
	}
	defer os.RemoveAll(dir)
	h.snapshot = &hook.Snapshot{}
	if len(modules) > 0 && !h.explicit {
		if h.snapshot, err = hook.Take(ctx, h.repo, dir); err != nil {
			return err
		}
	}
	steps, err := h.steps(ctx, modules)
	if err != nil {
		return err
	}
	view := &stepView{a: h.app, json: flags.json, verbose: flags.verbose}
	view.clean = func(s step.Step, out []byte) []byte { return h.snapshot.Rename(h.repo, s.Shown, out) }
	results, wall, err := h.runSteps(ctx, view, steps)
	if err != nil {
		return err
	}
	return h.stepsDone(results, wall, flags.json, func(step.Result) string { return "mend it and git add, or run: git commit --no-verify" })
}

// environ is the environment for the steps of a module. Its GOFLAGS are asked
// of gust itself, since .env.go may have a say in them.
func (h *hookRun) environ(ctx context.Context, module string) ([]string, error) {
	env := hook.Environ(h.app.env.process)
	if h.snapshot.Overlay == "" {
		return env, nil
	}
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find gust's own executable: %w", err)
	}
	g := &gocmd.Go{Path: self, Dir: h.dir(module), Env: env}
	out, err := g.Output(ctx, "env", "GOFLAGS")
	if err != nil {
		return nil, err
	}
	flags, err := h.snapshot.GoFlags(strings.TrimSpace(string(out)))
	return append(env, "GOFLAGS="+flags), err
}

// dir is where a module is in the working tree.
func (h *hookRun) dir(module string) string {
	return filepath.Join(h.repo.Root, filepath.FromSlash(module))
}

// steps makes the steps of all modules.
func (h *hookRun) steps(ctx context.Context, modules []hook.Module) ([]step.Step, error) {
	var steps []step.Step
	for _, m := range modules {
		if _, err := os.Stat(h.dir(m.Dir)); err != nil {
			continue // only the index has the module, and go needs a directory
		}
		env, err := h.environ(ctx, m.Dir)
		if err != nil {
			return nil, err
		}
		for _, name := range h.names {
			relevant := slices.DeleteFunc(slices.Clone(m.Files), func(f git.Staged) bool { return !hook.Relevant(name, f) })
			if len(relevant) == 0 {
				continue
			}
			s, err := h.step(ctx, name, m.Dir, relevant)
			if err != nil {
				return nil, err
			}
			s.Env = env
			steps = append(steps, s)
		}
	}
	return steps, nil
}

// step makes one step.
func (h *hookRun) step(ctx context.Context, name, module string, files []git.Staged) (s step.Step, err error) {
	s = step.Step{Name: name, Shown: module, Args: step.Args(name), Dir: h.dir(module)}
	switch name {
	case "tags":
		err = h.tagsStep(ctx, &s, module, files)
	case "test":
		var pending bool
		// What is affected is told from the working tree; where that is not
		// what is staged, all tests run.
		if pending, err = h.pending(ctx); err == nil && pending && h.snapshot.Overlay == "" {
			s.Args = []string{"test", "--affected=HEAD", "./..."}
		}
		if file := h.snapshot.DataDiffers(module); file != "" {
			h.notice(fmt.Sprintf("%s differs from what is staged; tests that read it see the working tree", file))
		}
	case "graph":
		s.Skip, err = skipStep(name, s.Dir, h.conf)
	}
	return s, err
}

// pending reports whether what is judged is a change since HEAD. Named files
// that no commit is pending for are those of "pre-commit run --all-files".
func (h *hookRun) pending(ctx context.Context) (bool, error) {
	if !h.repo.HasHead(ctx) {
		return false, nil
	}
	if !h.explicit {
		return true, nil
	}
	staged, err := h.repo.Staged(ctx)
	if err != nil {
		return false, err
	}
	return !slices.ContainsFunc(h.staged, func(f git.Staged) bool {
		return !slices.ContainsFunc(staged, func(g git.Staged) bool { return f.Path == g.Path })
	}), nil
}

// tagsStep has gust tags read staged files, which are written to a directory
// for it: it needs no go command for files, and knows no overlays.
func (h *hookRun) tagsStep(ctx context.Context, s *step.Step, module string, files []git.Staged) error {
	s.Args = []string{"tags", "check"}
	var paths []string
	for _, f := range files {
		rel := f.Path
		if module != "." {
			rel = strings.TrimPrefix(f.Path, module+"/")
		}
		paths = append(paths, f.Path)
		s.Args = append(s.Args, "."+string(filepath.Separator)+filepath.FromSlash(path.Clean(rel)))
	}
	if h.explicit {
		return nil
	}
	dir, err := h.snapshot.Checkout(ctx, h.repo, paths)
	s.Dir = filepath.Join(dir, filepath.FromSlash(module))
	return err
}
