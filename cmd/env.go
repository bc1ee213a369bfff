package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/projectenv"
)

const envHelp = `Prints the environment of the go command, as go env does, with the settings of
the project's .env.go. Every use of go env works as it does with go; gust's own
forms have a word or a flag with two dashes:

  gust env                    all variables, by go env
  gust env GOOS GOFLAGS       some of them
  gust env --explain          where each value comes from
  gust env status             the .env.go that applies, its profiles and aliases
  gust env init               write a .env.go
  gust env trust              approve what is in it now; untrust takes that back
  gust env --shell bash       commands that set the same in a shell

A profile of .env.go is chosen with gust -p NAME before any command.`

const envUsage = `Usage:
  gust env [flags and variables of go env]
  gust env --explain [--json] [variables...]
  gust env --shell bash|zsh|sh|fish|powershell|pwsh|direnv
  gust env status [--json]
  gust env init | trust | untrust

Flags of gust's own:
  --explain        print each variable with the origin of its value: flag, process
                   (the environment), profile, .env.go, go env -w, go.env, default;
                   and what gust.toml sets
  --shell SHELL    print commands for a shell; for direnv put this line in .envrc:
                   eval "$(gust env --shell direnv)"
  --json           with --explain and status: events, one JSON object a line
                   (alone it is go's)
  --help           print this help; -h is go's

Environment:
  GUST_PROFILE     default of -p
  GUST_ENV=off     leave .env.go out

EXIT STATUS
  The status is go's own if go env ran. Otherwise:

  2    wrong usage; .env.go has an error or lacks the profile
  3    gust itself failed
  4    .env.go sets what has to be approved first
  5    no module, or no .env.go
`

// newEnvCmd is `gust env`. It belongs to go except for what go cannot mean:
// words in small letters that are no variables, and flags with two dashes
// that go env lacks.
func (a *app) newEnvCmd() *cobra.Command {
	var json bool
	c := &cobra.Command{
		Use:                "env",
		Short:              "go env, with the project's settings and their origins",
		Long:               envHelp,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			own, err := a.envCmd(c, args)
			if own && slices.Contains(args, "--json") {
				json = true
			}
			if json {
				a.emitError(err)
			}
			return err
		},
	}
	c.SetUsageTemplate(envUsage)
	return c
}

// envCmd runs one form of gust env and says whether it is one of gust's own.
func (a *app) envCmd(c *cobra.Command, args []string) (own bool, err error) {
	first := ""
	if len(args) > 0 {
		first = args[0]
	}
	switch first {
	case "--help":
		return true, c.Help()
	case "init":
		return true, a.envInit(args[1:])
	case "trust":
		return true, a.envTrust(args[1:])
	case "untrust":
		return true, a.envUntrust(args[1:])
	case "status":
		return true, a.envStatus(args[1:])
	}
	f, own, err := parseEnvFlags(args)
	switch {
	case err != nil:
		return true, err
	case !own:
		a.warnProject()
		return false, a.passThrough(c.Context(), append([]string{"env"}, args...))
	case f.explain:
		a.warnProject()
		return true, a.envExplain(c.Context(), f, chdirOf(append([]string{"env"}, args...)))
	}
	return true, a.envShell(f.shell)
}

// envFlags are the flags of gust's own forms.
type envFlags struct {
	explain, json bool
	shell         string
	names         []string
}

// parseEnvFlags reads the flags of --explain and --shell. own is false if
// neither is there: the arguments are go's then.
func parseEnvFlags(args []string) (f envFlags, own bool, err error) {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--explain":
			f.explain = true
		case arg == "--shell" && i+1 < len(args):
			i++
			f.shell = args[i]
		case strings.HasPrefix(arg, "--shell"):
			f.shell = strings.TrimPrefix(strings.TrimPrefix(arg, "--shell"), "=")
			if f.shell == "" {
				return f, true, envUsageError("--shell needs a value: %s or direnv", strings.Join(projectenv.Shells(), ", "))
			}
		case arg == "--json" || arg == "-json":
			f.json = true
		case (arg == "-C" || arg == "--C") && i+1 < len(args):
			i++ // see chdirOf
		case strings.HasPrefix(arg, "-C=") || strings.HasPrefix(arg, "--C="):
		default:
			f.names = append(f.names, arg)
		}
	}
	if !f.explain && f.shell == "" {
		return f, false, nil
	}
	for _, name := range f.names {
		if strings.HasPrefix(name, "-") {
			return f, true, envUsageError("flag %q does not go with --explain and --shell", name)
		}
	}
	if f.shell != "" && (f.explain || f.json || len(f.names) > 0) {
		return f, true, envUsageError("--shell stands alone")
	}
	return f, true, nil
}

func envUsageError(format string, args ...any) error {
	return fault.New(fault.Usage, "run: gust env --help", format, args...)
}

// warnProject tells of settings that are not in what is printed.
func (a *app) warnProject() {
	if a.env.err == nil {
		return
	}
	var user *fault.UserError
	hint := ""
	if errors.As(a.env.err, &user) {
		hint = user.Hint
	}
	a.warn(a.env.err.Error(), hint)
}

// envExplain prints variables with their origins.
func (a *app) envExplain(ctx context.Context, f envFlags, chdir string) error {
	g, err := a.findGo()
	if err != nil {
		return err
	}
	g.Dir = chdir
	vars, err := projectenv.Explain(ctx, g, a.env.project, a.env.process)
	if err != nil {
		return err
	}
	vars = append(vars, a.gustVariables()...)
	vars = append(vars, a.tomlVariables(vars)...)
	if len(f.names) > 0 {
		var picked []projectenv.Variable
		for _, name := range f.names {
			at := slices.IndexFunc(vars, func(v projectenv.Variable) bool { return v.Name == name })
			if at < 0 && projectenv.LevelVariable(name) {
				return fault.New(fault.NotFound, "run: gust env GOARCH", "variable %q means nothing to the GOARCH that is set", name)
			}
			if at < 0 {
				return fault.New(fault.NotFound, "run: gust env --explain", "variable %q is not one of go's or the project's", name)
			}
			picked = append(picked, vars[at])
		}
		vars = picked
	}
	for _, v := range vars {
		if err := a.printVariable(v, f.json); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printVariable(v projectenv.Variable, json bool) error {
	if json {
		return a.emit(event.EnvVariable{Name: v.Name, Value: v.Value, Origin: v.Origin, Where: v.Where, Overrides: v.Overrides})
	}
	origin := v.Origin
	if v.Where != "" {
		origin += " (" + shown(v.Where) + ")"
	}
	if len(v.Overrides) > 0 {
		origin += ", not " + strings.Join(v.Overrides, ", ")
	}
	return a.print("%s=%s\n    %s\n", v.Name, v.Value, origin)
}

// gustVariables are the variables that gust itself reads.
func (a *app) gustVariables() []projectenv.Variable {
	var vars []projectenv.Variable
	for _, name := range []string{"GUST_CACHE", "GUST_ENV", "GUST_GO", "GUST_LINES", "GUST_NO_REUSE", "GUST_PROFILE"} {
		v := projectenv.Variable{Name: name, Value: a.term.Getenv(name), Origin: projectenv.OriginProcess}
		switch {
		case name == "GUST_PROFILE" && a.env.fromFlag:
			v.Value, v.Origin = a.env.profile, projectenv.OriginFlag
		case v.Value == "":
			v.Origin = projectenv.OriginDefault
		}
		vars = append(vars, v)
	}
	return vars
}

// tomlVariables are the keys that gust.toml sets beside go.work or go.mod. A
// file that gust would refuse is warned of: what go's variables are does not
// depend on it.
func (a *app) tomlVariables(known []projectenv.Variable) []projectenv.Variable {
	root := ""
	for _, name := range []string{"GOMOD", "GOWORK"} { // the workspace is stronger
		if i := slices.IndexFunc(known, func(v projectenv.Variable) bool { return v.Name == name }); i >= 0 && filepath.IsAbs(known[i].Value) && known[i].Value != os.DevNull {
			root = filepath.Dir(known[i].Value)
		}
	}
	if root == "" {
		return nil
	}
	file, err := config.Load(root)
	if err != nil {
		a.warn(err.Error(), "")
		return nil
	}
	if file.Path == "" {
		return nil
	}
	list, err := file.Settings()
	if err != nil {
		a.warn(err.Error(), "")
		return nil
	}
	var vars []projectenv.Variable
	for _, s := range list {
		vars = append(vars, projectenv.Variable{Name: s.Key, Value: s.Value, Origin: config.Name, Where: file.Path})
	}
	return vars
}

// envShell prints commands for a shell.
func (a *app) envShell(shell string) error {
	if a.env.err != nil {
		return a.env.err // a shell that evaluates nothing would miss settings
	}
	text := ""
	if shell == "direnv" {
		shell = "bash"
		if a.env.project != nil {
			watch, err := projectenv.Watch(a.env.project.Path)
			if err != nil {
				return err
			}
			text = watch
		}
	}
	var settings []projectenv.Setting
	if a.env.project != nil {
		settings = a.env.project.Applied
	}
	lines, err := projectenv.Export(shell, settings)
	if err != nil {
		return envUsageError("--shell: %w", err)
	}
	return a.print("%s%s", text, lines)
}

// envInit writes a .env.go beside go.mod or go.work.
func (a *app) envInit(args []string) error {
	if len(args) > 0 {
		return envUsageError("init takes no arguments")
	}
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	root := projectenv.Root(dir, a.term.Getenv("GOWORK"))
	if root == "" {
		return fault.New(fault.NotFound, "run: gust mod init example.com/name", "no go.mod or go.work here or above")
	}
	path := filepath.Join(root, projectenv.FileName)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, os.ErrExist) {
		return fault.New(fault.Usage, "run: gust env status", "%s is there already", shown(path))
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(projectenv.Template)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return a.print("wrote %s; fill it in, then: gust env --explain\n", shown(path))
}
