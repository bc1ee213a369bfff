package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/hook"
	"github.com/gust-go/gust/internal/step"
)

const hookExit = `EXIT STATUS
  0    everything passed, or nothing that is staged concerns a step
  1    a build, vet or test failed; any other code is that of the first step
       that failed, such as 4 for gust tags and gust graph
  2    wrong usage, or a hook that gust did not write is in the way
  3    gust itself failed
  4    the place for hooks does not belong to this repository alone
  5    uninstall: gust's hook is not there
  130  interrupted`

// defaultHookSteps are those that need no configuration and no network.
func defaultHookSteps() []string { return []string{"build", "vet", "graph"} }

// newHookCmd is gust hook with what is below it.
func (a *app) newHookCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "hook",
		Short: "check what is staged before git commits it",
		Long: `Installs a pre-commit hook that checks the modules a commit touches, as the commit
will have them: unstaged edits and untracked files are left out of the check, and
never touched.

` + hookExit,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("hook", "gust hook has no command %q", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.newHookInstallCmd(), a.newHookUninstallCmd(), a.newHookRunCmd())
	return c
}

func (a *app) newHookInstallCmd() *cobra.Command {
	steps := ""
	c := &cobra.Command{
		Use:   "install",
		Short: "write the pre-commit hook",
		Long: `Writes a pre-commit hook where git looks for it, core.hooksPath included. A hook that
is there already is kept beside it and run first; gust hook uninstall puts it back.

` + hookExit,
		Args: hookNoArgs("install"),
		RunE: func(c *cobra.Command, _ []string) error { return a.hookInstall(c.Context(), steps) },
	}
	c.Flags().StringVar(&steps, "steps", "", "comma-separated steps to run, instead of those of gust.toml")
	return c
}

func (a *app) newHookUninstallCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "uninstall",
		Short: "remove the hook, and put back the one before it",
		Long:  "Removes the hook that gust hook install wrote and puts back the one before it.\n\n" + hookExit,
		Args:  hookNoArgs("uninstall"),
		RunE: func(c *cobra.Command, _ []string) error {
			place, err := a.hookPlace(c.Context())
			if err != nil {
				return err
			}
			restored, err := place.Uninstall()
			if err != nil {
				return err
			}
			if restored {
				return a.print("removed gust's hook; the one before it is back at %s\n", shown(place.Path))
			}
			return a.print("removed %s\n", shown(place.Path))
		},
	}
}

// hookFlags are the flags of gust hook run.
type hookFlags struct {
	steps         string
	json, verbose bool
}

func (a *app) newHookRunCmd() *cobra.Command {
	var flags hookFlags
	c := &cobra.Command{
		Use:   "run [file...]",
		Short: "run the checks that what is staged asks for",
		Long: `Runs steps in every module that has files staged which concern the step. Which steps,
says --steps, else [hook] in gust.toml, else it is build,vet,graph:

` + stepsHelp + `

What is judged is the index: where the working tree differs from it, go gets an
overlay. Of tests only those that the change concerns run, if git has a commit to
compare with and nothing is left unstaged; otherwise all run. Files that they read
are those of the working tree.

With files as arguments, as programs like pre-commit pass them, those choose the
modules, and the working tree is judged as it is. All tests run then, unless all of
the files are staged.

` + hookExit,
		RunE: func(c *cobra.Command, args []string) error {
			err := a.hookRun(c.Context(), args, &flags)
			if flags.json {
				a.emitError(err)
			}
			return err
		},
	}
	c.Flags().StringVar(&flags.steps, "steps", "", "comma-separated steps to run")
	c.Flags().BoolVar(&flags.json, "json", false, "write events to stdout, one JSON object a line")
	c.Flags().BoolVar(&flags.verbose, "verbose", false, "show the output of steps that pass, too")
	return c
}

func hookNoArgs(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError("hook "+name, "%q: %s takes no arguments", args[0], name)
		}
		return nil
	}
}

// repository opens the repository that gust is run in.
func (a *app) repository(ctx context.Context) (*git.Repo, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	repo, err := git.Open(ctx, dir, a.term.Environ)
	if err != nil && ctx.Err() == nil {
		return nil, fault.New(fault.Usage, "run: git init", "%w", err)
	}
	return repo, err
}

func (a *app) hookPlace(ctx context.Context) (hook.Place, error) {
	repo, err := a.repository(ctx)
	if err != nil {
		return hook.Place{}, err
	}
	return hook.Find(ctx, repo)
}

func (a *app) hookInstall(ctx context.Context, steps string) error {
	var args []string
	if steps != "" {
		names, err := step.Parse(steps)
		if err != nil {
			return usageError("hook install", "--steps: %w", err)
		}
		args = []string{"--steps=" + strings.Join(names, ",")}
	}
	place, err := a.hookPlace(ctx)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil || place.Project {
		self = "" // a path of this machine is nothing to share
	}
	before, err := place.Install(hook.Script(self, args))
	if err != nil {
		return err
	}
	if err := a.print("wrote %s\n", shown(place.Path)); err != nil || before == "" {
		return err
	}
	return a.print("the hook that was there is %s now, and runs first\n", shown(before))
}

// hookRun is gust hook run.
func (a *app) hookRun(ctx context.Context, files []string, flags *hookFlags) error {
	// A hook that is interrupted has temporary files to remove.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	repo, err := a.repository(ctx)
	if err != nil {
		return err
	}
	conf, err := config.Load(repo.Root)
	if err != nil {
		return err
	}
	names, err := parseSteps("hook run", flags.steps, conf.Hook.Steps, defaultHookSteps())
	if err != nil {
		return err
	}
	run := &hookRun{app: a, repo: repo, conf: conf, names: names, explicit: len(files) > 0}
	if run.explicit {
		run.staged, err = a.namedFiles(repo, files)
	} else {
		run.staged, err = repo.Staged(ctx)
	}
	if err != nil {
		return err
	}
	return run.run(ctx, flags)
}

// namedFiles makes paths relative to the root of the repository.
func (a *app) namedFiles(repo *git.Repo, files []string) ([]git.Staged, error) {
	root, err := filepath.EvalSymlinks(repo.Root)
	if err != nil {
		return nil, err
	}
	var staged []git.Staged
	for _, name := range files {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
		if err != nil {
			dir = filepath.Dir(abs) // it is gone, as the file may be
		}
		rel, err := filepath.Rel(root, filepath.Join(dir, filepath.Base(abs)))
		if err != nil || !filepath.IsLocal(rel) {
			return nil, usageError("hook run", "%q is not in the repository %s", name, repo.Root)
		}
		_, err = os.Lstat(abs)
		staged = append(staged, git.Staged{Path: filepath.ToSlash(rel), Deleted: err != nil})
	}
	return staged, nil
}

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
