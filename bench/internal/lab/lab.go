// Package lab sets up what every benchmark needs: a work folder, the gust
// binary, the sides that build against each other and their caches.
package lab

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/side"
)

// A Config is what the user asks for with flags.
type Config struct {
	// Work keeps caches and binaries between runs; empty means a temporary
	// folder.
	Work string
	// Gust is the binary to measure; empty means one built from this module.
	Gust string
	// Lines chooses the gust sides: exact, relaxed or both.
	Lines string
	// Seed is a build cache that fresh sides start from.
	Seed string
	// SeedGust makes gust's sides start from Seed too. Without it they build
	// everything once, as a user of gust has, and know every package.
	SeedGust bool
	// Label names what is built, for the document.
	Label string
	// Out is the document to update; empty means none.
	Out string
}

// Register declares the flags of c in fs.
func (c *Config) Register(fs *flag.FlagSet) {
	fs.StringVar(&c.Work, "work", "", "keep caches and binaries in `DIR` between runs")
	fs.StringVar(&c.Gust, "gust", "", "measure the gust binary at `PATH` (default: build this module's)")
	fs.StringVar(&c.Lines, "lines", "both", "gust sides: exact, relaxed or both")
	fs.StringVar(&c.Seed, "seed", "", "start go's fresh cache as a copy of the build cache `DIR`")
	fs.BoolVar(&c.SeedGust, "seed-gust", false, "start gust's fresh caches from -seed too, rather than from a cold build")
	fs.StringVar(&c.Label, "label", "", "`NAME` of what is built, for the document")
	fs.StringVar(&c.Out, "o", "", "update this benchmark's block in the Markdown `FILE`")
}

// A Lab is a work folder ready for builds. Sides[0] is go.
type Lab struct {
	Work  string
	Sides []*side.Side
	// Log receives progress.
	Log io.Writer

	goEnv   map[string]string
	gustRev string
	load    string // load average before anything was built
	temp    bool

	evidence bool // programs that differ have been kept
}

// Open prepares a lab as c says.
func Open(ctx context.Context, c Config, log io.Writer) (*Lab, error) {
	l := &Lab{Log: log, load: loadAverage()}
	if err := l.makeWork(c.Work); err != nil {
		return nil, err
	}
	if err := l.open(ctx, c); err != nil {
		return nil, errors.Join(err, l.Close(false))
	}
	return l, nil
}

func (l *Lab) open(ctx context.Context, c Config) error {
	goExe, err := exec.LookPath("go")
	if err != nil {
		return fmt.Errorf("find the go command: %w", err)
	}
	if err := l.readGoEnv(ctx, goExe); err != nil {
		return err
	}
	gust, err := l.gust(ctx, goExe, c.Gust)
	if err != nil {
		return err
	}
	if l.Sides, err = l.newSides(goExe, gust, c.Lines); err != nil {
		return err
	}
	return l.seed(c)
}

func (l *Lab) makeWork(dir string) (err error) {
	if dir == "" {
		l.temp = true
		l.Work, err = os.MkdirTemp("", "gust-bench-")
	} else if l.Work, err = filepath.Abs(dir); err == nil {
		err = os.MkdirAll(l.Work, 0o755)
	}
	if err == nil {
		// Symbolic links would make one tree look like two.
		l.Work, err = filepath.EvalSymlinks(l.Work)
	}
	if err != nil {
		return fmt.Errorf("make work folder: %w", err)
	}
	return nil
}

// Close removes a temporary work folder unless it is to be kept as evidence.
func (l *Lab) Close(keep bool) error {
	switch {
	case !l.temp:
		return nil
	case keep:
		l.Logf("kept for inspection: %s", l.Work)
		return nil
	}
	return os.RemoveAll(l.Work)
}

// Logf writes a line of progress.
func (l *Lab) Logf(format string, args ...any) {
	fmt.Fprintf(l.Log, format+"\n", args...)
}

// Order lists the sides in the order in which they build in a round. Each
// round another side comes first, and so meets files that are not in memory.
func (l *Lab) Order(round int) []*side.Side {
	n := len(l.Sides)
	order := make([]*side.Side, n)
	for i := range order {
		order[i] = l.Sides[(i+round)%n]
	}
	return order
}

// Gust returns gust's sides.
func (l *Lab) Gust() []*side.Side { return l.Sides[1:] }

func (l *Lab) readGoEnv(ctx context.Context, goExe string) error {
	out, err := exec.CommandContext(ctx, goExe, "env", "-json").Output()
	if err != nil {
		return fmt.Errorf("run go env: %w", err)
	}
	if err := json.Unmarshal(out, &l.goEnv); err != nil {
		return fmt.Errorf("parse go env: %w", err)
	}
	return nil
}

// pinned keeps what a side's own home directory would change.
func (l *Lab) pinned() []string {
	var env []string
	for _, name := range []string{"GOENV", "GOPATH", "GOMODCACHE"} {
		if v := l.goEnv[name]; v != "" {
			env = append(env, name+"="+v)
		}
	}
	return env
}

func (l *Lab) gust(ctx context.Context, goExe, path string) (string, error) {
	if path != "" {
		abs, err := filepath.Abs(path)
		if err != nil {
			return "", fmt.Errorf("find gust: %w", err)
		}
		if _, err := os.Stat(abs); err != nil {
			return "", fmt.Errorf("find gust: %w", err)
		}
		return abs, nil
	}
	l.Logf("building gust")
	exe := filepath.Join(l.Work, "gust-under-test")
	cmd := exec.CommandContext(ctx, goExe, "build", "-o", exe, "github.com/gust-go/gust/cmd/gust")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build gust (run from its module, or use -gust): %w\n%s", err, out)
	}
	if rev, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output(); err == nil {
		l.gustRev = strings.TrimSpace(string(rev))
	}
	return exe, nil
}

func (l *Lab) newSides(goExe, gust, lines string) ([]*side.Side, error) {
	add := func(sides []*side.Side, s side.Side, dir string) []*side.Side {
		s.Dir = filepath.Join(l.Work, dir)
		s.GoEnv = l.pinned()
		return append(sides, &s)
	}
	sides := add(nil, side.Side{Title: "go", Exe: goExe}, "go")
	switch lines {
	case "exact", "relaxed", "both":
	default:
		return nil, fmt.Errorf("unknown value %q of -lines: want exact, relaxed or both", lines)
	}
	if lines != "relaxed" {
		sides = add(sides, side.Side{Title: "gust", Exe: gust, Gust: true, Exact: true}, "gust-exact")
	}
	if lines != "exact" {
		relaxed := side.Side{Title: "gust relaxed", Exe: gust, Gust: true, Flags: []string{"--lines=relaxed"}}
		sides = add(sides, relaxed, "gust-relaxed")
	}
	return sides, nil
}

func (l *Lab) seed(c Config) error {
	if c.Seed == "" {
		return nil
	}
	for _, s := range l.Sides {
		if _, err := os.Stat(s.GoCache()); err == nil || (s.Gust && !c.SeedGust) {
			continue
		}
		l.Logf("%s: copying the seed cache", s.Title)
		if err := os.CopyFS(s.GoCache(), os.DirFS(c.Seed)); err != nil {
			return fmt.Errorf("seed side %q: %w", s.Title, err)
		}
	}
	return nil
}

// Download gets the modules that a build in tree needs, so that no build
// waits for the network. Where they are all present nothing is fetched. It
// has a build cache of its own, as it leaves the module index there.
func (l *Lab) Download(ctx context.Context, tree string) error {
	cmd := exec.CommandContext(ctx, l.Sides[0].Exe, "mod", "download")
	cmd.Dir = tree
	cmd.Env = append(os.Environ(), "GOCACHE="+filepath.Join(l.Work, "download"))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("download modules: %w\n%s", err, out)
	}
	return nil
}

// NextSeed returns a number for edits that no run with this work folder has
// used for any of the n rounds to come, since its caches outlive a run.
func (l *Lab) NextSeed(n int, now time.Time) (int, error) {
	file := filepath.Join(l.Work, "seed")
	next := int(now.Unix())
	if text, err := os.ReadFile(file); err == nil {
		if kept, err := strconv.Atoi(strings.TrimSpace(string(text))); err == nil {
			next = kept
		}
	}
	if err := os.WriteFile(file, []byte(strconv.Itoa(next+n)), 0o644); err != nil {
		return 0, fmt.Errorf("keep the number of the last edit: %w", err)
	}
	return next, nil
}

// Machine describes where and when figures were taken. command is the
// command that takes them again.
func (l *Lab) Machine(command string, now time.Time) string {
	parts := []string{
		fmt.Sprintf("%d cores", runtime.NumCPU()),
		l.goEnv["GOVERSION"] + " " + l.goEnv["GOOS"] + "/" + l.goEnv["GOARCH"],
		now.Format("2006-01-02"),
	}
	if l.gustRev != "" {
		parts = append(parts, "gust "+l.gustRev)
	}
	if l.load != "" {
		parts = append(parts, "load average at the start "+l.load)
	}
	return "Machine: " + strings.Join(parts, ", ") + ".\nBuild flags: `" +
		strings.Join(side.BuildFlags, " ") + "`. Reproduce with:\n\n    " + command + "\n"
}

// loadAverage is that of the last minute, where the system tells.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
