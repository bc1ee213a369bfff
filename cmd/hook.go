package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
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
