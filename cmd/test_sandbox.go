package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun/sandbox"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// sandboxFlags are the flags of test about the sandbox.
type sandboxFlags struct {
	mode   string
	writes string
	trace  string
	leaks  string
	// require is the isolation without which nothing runs.
	require string
	// asked is true if the command line or the environment names the mode.
	asked bool
}

const sandboxUsage = `
  --sandbox=auto           run the tests of each package in a sandbox, as far as the
                           system allows; strict runs none without and fails tests that
                           break its rules, off is go's way (off)
  --require-isolation=full run nothing if tests cannot have a sandbox, and say what is missing
  --writes=aside|through   what tests write to the checkout is kept aside, or let through
  --leaks=off|warn|fail    whether processes and files that tests leave behind are reported,
                           and fail the run (warn; in a strict sandbox fail)
  --record[=writes|reads]  record what tests write, connect to and start, or read as well;
                           gust test touched PACKAGE shows it
`

func (flags *sandboxFlags) register(f *pflag.FlagSet) {
	f.StringVar(&flags.mode, "sandbox", "", "auto, strict or off")
	f.StringVar(&flags.require, "require-isolation", "", "full")
	f.StringVar(&flags.writes, "writes", "", "aside or through")
	f.StringVar(&flags.leaks, "leaks", "", "off, warn or fail")
	f.StringVar(&flags.trace, "record", "", "writes or reads")
	f.Lookup("record").NoOptDefVal = string(box.TraceWrites)
}

// checkSandbox reads the values that pflag took as text.
func (a *app) checkSandbox(flags *testFlags) error {
	source, box := "--sandbox", &flags.box
	if box.mode == "" {
		source = "GUST_TEST_SANDBOX"
		box.mode = a.term.Getenv(source)
	}
	if box.asked = box.mode != ""; box.asked {
		if _, err := sandbox.ParseMode(box.mode); err != nil {
			return usageError("test", "%s: %w", source, err)
		}
	}
	switch {
	case box.require != "" && box.require != "full":
		return usageError("test", "--require-isolation: %q is no level of isolation; there is full", box.require)
	case box.require != "" && box.mode == string(sandbox.Off):
		return usageError("test", "--require-isolation needs a sandbox")
	case box.writes != "" && box.writes != "aside" && box.writes != "through":
		return usageError("test", "--writes: %q is neither aside nor through", box.writes)
	case box.leaks != "" && box.leaks != "off" && box.leaks != "warn" && box.leaks != "fail":
		return usageError("test", "--leaks: %q is none of off, warn and fail", box.leaks)
	case box.trace != "" && box.trace != "writes" && box.trace != "reads":
		return usageError("test", "--record: %q is neither writes nor reads", box.trace)
	case box.trace != "" && box.mode == string(sandbox.Off):
		return usageError("test", "--record needs a sandbox")
	}
	return nil
}

// options are those of a run: of the command line, or else the environment, or
// else gust.toml. Tests that are asked to write to the checkout may do so, which is
// said.
func (flags *sandboxFlags) options(warn event.Sink, opts build.Options, environ []string) (sandbox.Options, error) {
	o := sandbox.Options{
		Mode: sandbox.Mode(flags.mode), Through: flags.writes == "through",
		Require: box.Level(flags.require), Leaks: sandbox.Leaks(flags.leaks), Trace: box.Trace(flags.trace),
	}
	root := configRoot(opts.Env)
	conf, err := config.Load(root)
	if err != nil {
		return o, err
	}
	flags.configure(&o, conf.Sandbox, root)
	if o.Mode == sandbox.Off || flags.writes != "" {
		return o, nil
	}
	if why := sandbox.WantsWrites(opts.Args, environ); why != "" {
		o.Through = true
		warn.Emit(event.Warning{Text: "tests may write to the checkout: " + why, Hint: "gust test --writes=aside"})
	}
	return o, nil
}

// configRoot is where gust.toml stands: beside go.work, or else go.mod.
func configRoot(env *gocmd.Env) string {
	if env == nil {
		return ""
	}
	for _, file := range []string{env.GOWORK, env.GOMOD} {
		if filepath.IsAbs(file) && file != os.DevNull {
			return filepath.Dir(file)
		}
	}
	return ""
}

// configure adds what gust.toml says. It does not weaken a strict sandbox, or an
// isolation, that the user has asked for.
func (flags *sandboxFlags) configure(o *sandbox.Options, conf config.Sandbox, root string) {
	if !flags.asked {
		o.Mode = sandbox.Mode(conf.Mode)
	}
	if o.Mode == "" || o.Mode == sandbox.Off && o.Require != "" {
		o.Mode = sandbox.Off
		if o.Trace != "" || o.Require != "" {
			o.Mode = sandbox.Auto
		}
	}
	if o.Leaks == "" {
		o.Leaks = sandbox.Leaks(conf.Leaks)
	}
	o.Allow, o.Vars = conf.NetAllow, conf.EnvAllow
	strict := flags.asked && o.Mode == sandbox.Strict
	for _, p := range conf.Packages {
		dir, below := p.Dir()
		if real, err := filepath.EvalSymlinks(filepath.Join(root, dir)); err == nil {
			dir = real
		} else {
			dir = filepath.Join(root, dir)
		}
		one := box.Package{Dir: dir, Below: below, Mode: p.Mode, Net: p.Net, Allow: p.NetAllow}
		if strict || o.Require != "" {
			one.Mode, one.Net = "", ""
		}
		o.Packages = append(o.Packages, one)
	}
}

// tellBesides says on stderr what tests did besides.
func (a *app) tellBesides(d *testview.Digest, opts build.Options) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	if opts.Env != nil && filepath.IsAbs(opts.Env.GOMOD) {
		dir = filepath.Dir(opts.Env.GOMOD)
	}
	// Nobody is left to tell if stderr is closed.
	_, _ = fmt.Fprint(a.term.Err, d.Besides(dir, a.term.Getenv("HOME")))
}
