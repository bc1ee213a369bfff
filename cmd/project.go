package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/projectenv"
)

// A projectState is what a command knows about the .env.go around it.
type projectState struct {
	// project is nil if there is no file, or it cannot be read.
	project *projectenv.Project
	// err is what is wrong with it, for commands that get along without.
	err     error
	profile string
	// fromFlag says that -p chose the profile.
	fromFlag bool
	// process is the environment before the project's settings.
	process []string
}

// enter reads the settings of the project that the command line is about and
// makes them the environment of everything that runs from here on: commands,
// and the go that they run, see a.term.Environ only. It returns the arguments
// without -p and with an alias written out.
func (a *app) enter(root *cobra.Command, args []string) ([]string, error) {
	a.env = projectState{process: a.term.Environ, profile: a.term.Getenv("GUST_PROFILE")}
	args, err := a.cutProfile(args)
	if err != nil || len(args) == 0 || needs(commandOf(args)) == noProject {
		return args, err
	}
	if err := a.load(root, args); err != nil {
		// Commands that get along without the file are there to mend it.
		if needs(commandOf(args)) == maybeProject && !a.env.fromFlag {
			a.env.err = err
			return args, nil
		}
		return nil, err
	}
	if a.env.project == nil {
		return args, nil
	}
	if !reserved(root)(args[0]) {
		if args, err = a.expand(root, args); err != nil {
			return nil, err
		}
	}
	if err := a.env.project.Err(); err != nil {
		if needs(commandOf(args)) == withProject {
			return nil, err
		}
		a.env.err = err
	}
	t := *a.term // the caller's stays as it is
	t.Environ = a.env.project.Environ
	a.term = &t
	return args, nil
}

// expand writes an alias out. What it stands for is no alias again, and may
// begin with a profile, for which the settings are read anew.
func (a *app) expand(root *cobra.Command, args []string) ([]string, error) {
	alias, ok, err := a.env.project.Alias(args[0])
	if !ok || err != nil {
		return args, err // a command that only go may know
	}
	if args, err = a.cutProfile(slices.Concat(alias, args[1:])); err != nil {
		return nil, err
	}
	return args, a.load(root, args)
}

// load finds the project around the directory that go will run in.
func (a *app) load(root *cobra.Command, args []string) error {
	dir, err := os.Getwd()
	if err != nil {
		return nil // go will say so
	}
	if chdir := chdirOf(args); filepath.IsAbs(chdir) {
		dir = chdir
	} else if chdir != "" {
		dir = filepath.Join(dir, chdir)
	}
	a.env.project, err = projectenv.Load(projectenv.Options{
		Environ: a.env.process, Dir: dir, Profile: a.env.profile, Reserved: reserved(root),
	})
	return err
}

// cutProfile takes -p NAME off the front, where go has no flags, and
// remembers the profile.
func (a *app) cutProfile(args []string) ([]string, error) {
	if len(args) == 0 {
		return args, nil
	}
	name, value, hasValue := strings.Cut(args[0], "=")
	if name != "-p" && name != "--profile" {
		return args, nil
	}
	args = args[1:]
	if !hasValue && len(args) > 0 {
		value, args = args[0], args[1:]
	}
	switch {
	case value == "" || strings.HasPrefix(value, "-"):
		return nil, fault.New(fault.Usage, "run: gust -p release build", "%s needs the name of a profile", name)
	case len(args) == 0:
		return nil, fault.New(fault.Usage, "run: gust -p "+value+" build", "%s %s: no command follows", name, value)
	}
	a.env.profile, a.env.fromFlag = value, true
	return args, nil
}

// chdirOf returns the value of -C, which go wants first among the flags of
// any of its commands; gust's own may stand before it.
func chdirOf(args []string) string {
	verb, rest := args[0], args[1:]
	switch {
	case strings.HasPrefix(verb, "-"): // in front of the command
		verb, rest = "build", args
	case slices.Contains([]string{"build", "install", "run", "test"}, verb):
		split, err := gocmd.SplitArgs(verb, rest)
		if err != nil {
			return "" // the command will say so
		}
		rest = split.Go
	default:
		verb = "build" // for which -C is a flag like any other
	}
	if len(rest) > 2 {
		rest = rest[:2]
	}
	dir, _ := gocmd.FindFlag(verb, rest, "C")
	return dir
}

// commandOf is the command of a command line, which may have a -C in front.
func commandOf(args []string) string {
	switch name, _, hasValue := strings.Cut(args[0], "="); {
	case name != "-C" && name != "--C":
		return args[0]
	case hasValue && len(args) > 1:
		return args[1]
	case !hasValue && len(args) > 2:
		return args[2]
	}
	return ""
}

// projectNeed says what a command does with the project's settings.
type projectNeed int

const (
	// withProject: settings that cannot be applied are an error, since the
	// result would be another one.
	withProject projectNeed = iota
	// maybeProject: the command works without, and says so where it matters.
	maybeProject
	// noProject: the command has nothing to do with it.
	noProject
)

// needs classes a command line by its first argument.
func needs(command string) projectNeed {
	switch command {
	case "help", "-h", "-help", "--help", "--version", "completion", "toolexec", "testexec", layoutCommand, "hook", "ci", "cacheprog",
		cobra.ShellCompRequestCmd, cobra.ShellCompNoDescRequestCmd:
		return noProject
	case "env", "doctor", "tags", "version", "kernel", "cache", "tui", "bug", "telemetry":
		return maybeProject
	}
	return withProject
}

// reserved returns a function that knows the commands of gust and go.
func reserved(root *cobra.Command) func(string) bool {
	return func(name string) bool {
		return name == "help" || isOwn(root, name) || slices.Contains(gocmd.Commands(), name)
	}
}
