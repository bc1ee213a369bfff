package cmd

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/matrix"
	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/kernelcheck/experiment"
)

// matrixFlag is --matrix, or --matrix=PATTERNS.
type matrixFlag struct {
	on       bool
	patterns string
}

// matrixAll is the pattern that names every target.
const matrixAll = "*"

// String implements pflag.Value.
func (m *matrixFlag) String() string { return m.patterns }

// Set implements pflag.Value.
func (m *matrixFlag) Set(s string) error {
	m.on, m.patterns = true, s
	return nil
}

// Type implements pflag.Value.
func (m *matrixFlag) Type() string { return "patterns" }

// matrixUsage is the part of a command's usage about it.
func matrixUsage(verb string) string {
	if verb != "build" {
		return ""
	}
	return `  --matrix          build the targets of gust.toml and say where each would run, see
                    gust help matrix; with -n print the commands that it stands for
  --matrix=PATTERNS the same for some of them, such as linux/*,*/arm64/v8.2
`
}

// A matrixJob is one gust build --matrix.
type matrixJob struct {
	a     *app
	opts  build.Options
	flags *buildFlags
	color term.ColorMode
	// dir is where go runs, root where gust.toml is.
	dir, root string
	// outRoot is a folder that is the user's choice, out one below it for what
	// is built.
	outRoot, out string
	targets      []matrix.Target
}

// buildMatrix is gust build --matrix.
func (a *app) buildMatrix(ctx context.Context, opts build.Options, flags *buildFlags, color term.ColorMode) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	if err := matrixAlone(&opts, flags); err != nil {
		return err
	}
	j := &matrixJob{a: a, opts: opts, flags: flags, color: color}
	conf, err := j.locate()
	if err != nil {
		return err
	}
	if err := j.choose(conf); err != nil {
		return err
	}
	if err := j.place(conf); err != nil {
		return err
	}
	if len(gocmd.Packages("build", j.opts.Args)) == 0 && len(conf.Matrix.Packages) > 0 {
		j.dir = j.root // which they are relative to
		j.opts.Args = append(j.opts.Args, conf.Matrix.Packages...)
	}
	asked := experiment.Resolve(experiment.Input{Go: opts.Go.Path, Dir: j.dir, Environ: a.term.Environ})
	for _, t := range j.targets {
		if err := j.checkTarget(t, asked.GOTOOLCHAIN); err != nil {
			return err
		}
	}
	if _, ok := gocmd.FindFlag("build", j.opts.Args, "n"); ok {
		return j.list()
	}
	return j.run(ctx)
}

// matrixAlone refuses flags that make no sense for several builds.
func matrixAlone(opts *build.Options, flags *buildFlags) error {
	switch {
	case flags.watch.on:
		return usageError("build", "--matrix and --watch: watch one target, as in GOOS=linux gust build --watch")
	case flags.explain.on:
		return usageError("build", "--matrix and --explain: explain one target, as in GOOS=linux gust build --explain")
	case opts.Timings != nil:
		return usageError("build", "--matrix and --timings: time one target, as in GOOS=linux gust build --timings")
	}
	return nil
}

// locate finds gust.toml and takes -C out of the arguments.
func (j *matrixJob) locate() (*config.File, error) {
	wd, err := os.Getwd()
	if err != nil {
		return nil, fmt.Errorf("find the working directory: %w", err)
	}
	j.dir = wd
	if to, ok := gocmd.FindFlag("build", j.opts.Args, "C"); ok {
		j.dir = to
		if !filepath.IsAbs(to) {
			j.dir = filepath.Join(wd, to)
		}
		if info, err := os.Stat(j.dir); err != nil || !info.IsDir() {
			return nil, usageError("build", "-C: there is no folder %q", to)
		}
		j.opts.Args = gocmd.WithoutFlags("build", j.opts.Args, "C")
	}
	j.root = moduleRoot(j.dir)
	if j.root == "" {
		return nil, fault.New(fault.NotFound, "run: gust mod init example.com/name", "there is no module in %q", j.dir)
	}
	return config.Load(j.root)
}

// choose fills in the targets.
func (j *matrixJob) choose(conf *config.File) error {
	if len(conf.Matrix.Groups) == 0 {
		return fault.New(fault.NotFound, "run: gust help matrix", "%q has no targets: there is no [[matrix.target]] in it", filepath.Join(j.root, config.Name))
	}
	all, err := matrix.Expand(conf.Matrix)
	if err != nil {
		return fault.New(fault.Usage, "run: gust help matrix", "read %q: %w", conf.Path, err)
	}
	if j.targets, err = matrix.Select(all, j.flags.matrix.patterns); err != nil {
		return fault.New(fault.NotFound, "run: gust build --matrix -n", "--matrix: %w", err)
	}
	return nil
}

// place decides on the output folder: that of -o, which may be anywhere, or
// that of gust.toml, which is below it.
func (j *matrixJob) place(conf *config.File) error {
	j.outRoot, j.out = j.root, filepath.FromSlash(conf.Matrix.Output)
	if j.out == "" {
		j.out = config.DefaultOutput
	}
	named, ok := gocmd.FindFlag("build", j.opts.Args, "o")
	if !ok {
		return nil
	}
	if named == "" {
		return usageError("build", "-o: name the folder for what is built")
	}
	if !filepath.IsAbs(named) {
		named = filepath.Join(j.dir, named)
	}
	if info, err := os.Stat(named); err == nil && !info.IsDir() {
		return usageError("build", "-o: %q is a file; with --matrix it names a folder", named)
	}
	j.outRoot, j.out = named, ""
	j.opts.Args = gocmd.WithoutFlags("build", j.opts.Args, "o")
	return nil
}

// checkTarget refuses a GOEXPERIMENT that the target's toolchain does not know,
// with which every go command would end, and a toolchain that go may not
// download. Where that cannot be told go will say so.
func (j *matrixJob) checkTarget(t matrix.Target, users experiment.Value) error {
	tc := experiment.Resolve(experiment.Input{Go: j.opts.Go.Path, Dir: j.dir, Environ: j.environ(t)})
	if t.Toolchain != "" && tc.Goroot == "" && forbidsDownloads(users.Text) {
		return fault.New(fault.Capability, "run: GOTOOLCHAIN=auto gust build --matrix",
			"target %s: %s is not on this machine, and GOTOOLCHAIN=%s (%s) keeps go from downloading it", t.Name(), t.Toolchain, users.Text, users.Origin)
	}
	if !t.HasExperiment {
		return nil
	}
	for _, f := range experiment.Lint(tc) {
		if f.Kind == experiment.Fatal {
			return fault.New(fault.Usage, "see https://pkg.go.dev/internal/goexperiment for the names, or leave the target out with matrix.exclude",
				"target %s: %s", t.Name(), f.Text)
		}
	}
	return nil
}

// forbidsDownloads reports whether a GOTOOLCHAIN lets go use only what there is.
func forbidsDownloads(value string) bool {
	return value == "local" || value == "path" || strings.HasSuffix(value, "+path")
}

// environ is the environment of a target.
func (j *matrixJob) environ(t matrix.Target) []string {
	vars := t.Vars()
	environ := slices.DeleteFunc(slices.Clone(j.a.term.Environ), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.ContainsFunc(vars, func(v string) bool { return strings.HasPrefix(v, name+"=") })
	})
	return append(environ, vars...)
}

// args are go's arguments for a target.
func (j *matrixJob) args(folder string) []string {
	return gocmd.WithFlag("build", j.opts.Args, "-o="+folder+string(filepath.Separator))
}

// folder is a target's folder as people see it.
func (j *matrixJob) folder(t matrix.Target) string {
	return j.shown(filepath.Join(j.outRoot, j.out, t.Folder()))
}

// shown is a path relative to where go runs, if it is below that.
func (j *matrixJob) shown(path string) string {
	if rel, err := filepath.Rel(j.dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// list prints the commands that the builds stand for.
func (j *matrixJob) list() error {
	var b strings.Builder
	if wd, err := os.Getwd(); err == nil && wd != j.dir {
		fmt.Fprintf(&b, "cd %s\n", shellWord(j.dir))
	}
	j.opts.Args = gocmd.WithoutFlags("build", j.opts.Args, "n")
	for _, t := range j.targets {
		words := append(t.Vars(), "go", "build")
		for _, arg := range j.args(j.folder(t)) {
			words = append(words, shellWord(arg))
		}
		b.WriteString(strings.Join(words, " ") + "\n")
	}
	return j.a.print("%s", b.String())
}

// shellWord quotes a word for a POSIX shell, if it has to be.
func shellWord(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_=./,+:@%", r)
	}
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// build builds one target.
func (j *matrixJob) build(ctx context.Context, t matrix.Target, dir string, output *bytes.Buffer, sink event.Sink) (int, error) {
	opts := j.opts
	opts.Args = j.args(j.shown(dir))
	opts.Go = &gocmd.Go{Path: j.opts.Go.Path, Dir: j.dir, Env: j.environ(t)}
	opts.Stdin, opts.Stdout, opts.Stderr = nil, output, output
	result, err := j.a.build(ctx, opts, sink)
	return result.ExitCode, err
}

// fetch has go download the toolchains that are not on this machine, one after
// the other and with a word about each, before builds that need them begin.
func (j *matrixJob) fetch(ctx context.Context) error {
	asked := make(map[string]bool)
	for _, t := range j.targets {
		if t.Toolchain == "" || asked[t.Toolchain] {
			continue
		}
		asked[t.Toolchain] = true
		tc := experiment.Resolve(experiment.Input{Go: j.opts.Go.Path, Dir: j.dir, Environ: j.environ(t)})
		if tc.Goroot != "" {
			continue
		}
		j.a.say("", fmt.Sprintf("%s asks for %s, which is not on this machine; go downloads it", config.Name, t.Toolchain), "")
		g := gocmd.Go{Path: j.opts.Go.Path, Dir: j.dir, Env: j.environ(t)}
		// What keeps it from coming is said, and is said again by the builds.
		if _, err := g.Run(ctx, gocmd.Streams{Stdout: j.a.term.Err, Stderr: j.a.term.Err}, "version"); err != nil {
			return err
		}
	}
	return nil
}

// jobs is how many targets to build at once; -p limits them too.
func (j *matrixJob) jobs() int { return matrix.Jobs(runtime.GOMAXPROCS(0)) }
