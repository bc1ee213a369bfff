package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/limit"
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
	// goroutines is true if those are to be reported that tests leave.
	goroutines bool
	// require is the isolation without which nothing runs.
	require string
	// limits are as --limit has them, env as --env; clock is an offset.
	limits []string
	env    []string
	seed   int
	clock  time.Duration
	// asked is true if the command line or the environment names the mode, unasked if
	// there is a sandbox and nobody has, nor gust.toml.
	asked, unasked bool
}

const sandboxUsage = `
  --sandbox=auto           run the tests of each package in a sandbox, as far as the
                           system allows; strict runs none without and fails tests that
                           break its rules, off is go's way (auto on Linux, elsewhere off)
  --require-isolation=LEVEL run nothing with less isolation than full, landlock or basic, and
                           say what is missing
  --writes=aside|through   what tests write to the checkout is kept aside, or let through
  --leaks=off|warn|fail    whether processes and files that tests leave behind are reported,
                           and fail the run (warn; in a strict sandbox fail)
  --limit=NAME=VALUE,...   what the tests of a package may use: memory=512MiB, processes=200,
                           open-files=64, file-size=1GiB, disk=1GiB, time=5m, or none of it
  --env=NAME=VALUE         a variable that tests see whatever the environment
  --seed=N                 order of tests (-shuffle=N), and math/rand with the same seed each time
  --clock-offset=DURATION  set the clocks ahead that count from when the machine started; the
                           time of day cannot be
  --goroutine-leaks        report goroutines that are still there when the tests have ended;
                           --leaks says what becomes of them
  --record[=writes|reads]  record what tests write, connect to and start, or read as well;
                           gust test touched PACKAGE shows it
`

func (flags *sandboxFlags) register(f *pflag.FlagSet) {
	f.StringVar(&flags.mode, "sandbox", "", "auto, strict or off")
	f.StringVar(&flags.require, "require-isolation", "", "full, landlock or basic")
	f.StringVar(&flags.writes, "writes", "", "aside or through")
	f.StringVar(&flags.leaks, "leaks", "", "off, warn or fail")
	f.BoolVar(&flags.goroutines, "goroutine-leaks", false, "report goroutines that tests leave")
	f.StringVar(&flags.trace, "record", "", "writes or reads")
	f.StringArrayVar(&flags.limits, "limit", nil, "what tests may use")
	f.StringArrayVar(&flags.env, "env", nil, "a variable that tests see")
	f.IntVar(&flags.seed, "seed", 0, "order of tests and math/rand")
	f.DurationVar(&flags.clock, "clock-offset", 0, "set clocks ahead")
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
	case box.require != "" && !slices.Contains(isolationLevels(), box.require):
		return usageError("test", "--require-isolation: %q is no level of isolation; there are %s", box.require, strings.Join(isolationLevels(), ", "))
	case box.require != "" && box.mode == string(sandbox.Off):
		return usageError("test", "--require-isolation needs a sandbox")
	case box.writes != "" && box.writes != "aside" && box.writes != "through":
		return usageError("test", "--writes: %q is neither aside nor through", box.writes)
	case box.leaks != "" && box.leaks != "off" && box.leaks != "warn" && box.leaks != "fail":
		return usageError("test", "--leaks: %q is none of off, warn and fail", box.leaks)
	case box.trace != "" && box.trace != "writes" && box.trace != "reads":
		return usageError("test", "--record: %q is neither writes nor reads", box.trace)
	}
	return a.checkPins(box)
}

// isolationLevels are the values of --require-isolation.
func isolationLevels() []string {
	var names []string
	for _, level := range box.Levels() {
		names = append(names, string(level))
	}
	return names
}

// checkPins reads limits and what else is the same in each run. All of it needs a
// sandbox.
func (a *app) checkPins(box *sandboxFlags) error {
	if text := a.term.Getenv("GUST_TEST_LIMIT"); text != "" && len(box.limits) == 0 {
		box.limits = []string{text}
	}
	for _, text := range box.limits {
		if _, err := limit.ParseSet(text); err != nil {
			return usageError("test", "--limit: %w", err)
		}
	}
	if box.seed < 0 {
		return usageError("test", "--seed: %d is not above 0", box.seed)
	}
	if err := config.CheckEnv("--env", box.env); err != nil {
		return usageError("test", "%w", err)
	}
	if name := box.needs(); name != "" && box.mode == string(sandbox.Off) {
		return usageError("test", "%s needs a sandbox", name)
	}
	return nil
}

// needs is a flag that means nothing without a sandbox, "" without any.
func (flags *sandboxFlags) needs() string {
	switch {
	case flags.trace != "":
		return "--record"
	case flags.goroutines:
		return "--goroutine-leaks"
	case len(flags.limits) > 0:
		return "--limit"
	case len(flags.env) > 0:
		return "--env"
	case flags.clock != 0:
		return "--clock-offset"
	}
	return ""
}

// options are those of a run: of the command line, or else the environment, or
// else gust.toml. Tests that are asked to write to the checkout may do so, which is
// said.
func (flags *sandboxFlags) options(warn event.Sink, opts build.Options, environ []string) (sandbox.Options, error) {
	o := sandbox.Options{
		Mode: sandbox.Mode(flags.mode), Through: flags.writes == "through",
		Require: box.Level(flags.require), Leaks: sandbox.Leaks(flags.leaks), Trace: box.Trace(flags.trace),
		ClockOffset: flags.clock, Goroutines: flags.goroutines,
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
	} else if why := cannotKeepAside(o, opts.Env); why != "" {
		o.Through = true
		hint := fmt.Sprintf("chown -R %d:%d it, or gust test --writes=through", os.Getuid(), os.Getgid())
		warn.Emit(event.Warning{Text: "tests may write to the checkout: " + why, Hint: hint})
	}
	return o, nil
}

// cannotKeepAside says why tests get to write to the checkout though nobody wants it;
// strict ones do not.
func cannotKeepAside(o sandbox.Options, env *gocmd.Env) string {
	if env == nil || o.Mode == sandbox.Strict {
		return ""
	}
	return sandbox.CannotKeepAside(*env)
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
	if o.Mode == "" {
		o.Mode = sandbox.Default()
		flags.unasked = o.Mode == sandbox.Auto
	}
	if o.Mode == sandbox.Off && (o.Require != "" || !flags.asked && flags.needs() != "") {
		o.Mode = sandbox.Auto
	}
	if o.Leaks == "" {
		o.Leaks = sandbox.Leaks(conf.Leaks)
	}
	o.Allow, o.Vars = conf.NetAllow, conf.EnvAllow
	flags.pin(o, conf)
	strict := flags.asked && o.Mode == sandbox.Strict
	for _, p := range conf.Packages {
		dir, below := p.Dir()
		if real, err := filepath.EvalSymlinks(filepath.Join(root, dir)); err == nil {
			dir = real
		} else {
			dir = filepath.Join(root, dir)
		}
		one := box.Package{Dir: dir, Below: below, Mode: p.Mode, Net: p.Net, Allow: p.NetAllow, Limits: p.Limits.Set().With(flags.limitSet()), Pin: slices.Concat(p.Env, flags.env)}
		if strict || o.Require != "" {
			one.Mode, one.Net = "", ""
		}
		o.Packages = append(o.Packages, one)
	}
}

// pin adds limits and what is the same in each run.
func (flags *sandboxFlags) pin(o *sandbox.Options, conf config.Sandbox) {
	o.Limits, o.Pin = conf.Limits.Set().With(flags.limitSet()), slices.Concat(conf.Env, flags.env)
	if flags.seed == 0 {
		flags.seed = conf.Seed
	}
	if o.ClockOffset == 0 && conf.ClockOffset != "" {
		o.ClockOffset, _ = time.ParseDuration(conf.ClockOffset) // checked
	}
}

// limitSet is what --limit says, which has been checked.
func (flags *sandboxFlags) limitSet() limit.Set {
	var all limit.Set
	for _, text := range flags.limits {
		set, _ := limit.ParseSet(text)
		all = all.With(set)
	}
	return all
}

// seeded makes tests run in an order that a seed gives, and math/rand begin with
// the same numbers each time. Neither needs a sandbox. That of math/rand cannot be
// chosen: it is that of GODEBUG=randautoseed=0.
func (flags *sandboxFlags) seeded(opts build.Options, environ []string) build.Options {
	if flags.seed == 0 || opts.Go == nil {
		return opts
	}
	if _, ok := gocmd.FindFlag("test", opts.Args, "shuffle"); !ok {
		opts.Args = gocmd.WithFlag("test", opts.Args, "-shuffle="+strconv.Itoa(flags.seed))
	}
	g := *opts.Go
	if g.Env == nil {
		g.Env = environ
	}
	debug := "randautoseed=0"
	for _, kv := range g.Env {
		if v, ok := strings.CutPrefix(kv, "GODEBUG="); ok && v != "" {
			debug = v + "," + debug
		}
	}
	g.Env = append(slices.Clip(g.Env), "GODEBUG="+debug)
	opts.Go = &g
	return opts
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
	_, _ = fmt.Fprint(a.term.Err, d.Diagnosed()+d.Besides(dir, a.term.Getenv("HOME")))
}
