// Command test compares gust test with go test and gotestsum on the packages
// of a module: with all results cached, after an edit of a function's body,
// and reading a long stream of events.
//
// The programs take turns, so that what else the machine does concerns all of
// them, and the medians count.
//
//	go run ./bench/test -module DIR -packages "./model/... ./tsdb/..." -file model/labels/regexp.go -o docs/benchmarks.md
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/edit"
	"github.com/gust-go/gust/bench/internal/result"
	"github.com/gust-go/gust/bench/internal/rss"
	"github.com/gust-go/gust/build/overlay"
)

func main() {
	var b bench
	flag.StringVar(&b.module, "module", "", "directory of a module that may be edited")
	packages := flag.String("packages", "./...", "packages to test, separated by spaces")
	flag.StringVar(&b.file, "file", "", "file to edit, relative to the module; empty leaves that case out")
	flag.StringVar(&b.fn, "func", "", "function of the file to edit (default: the longest)")
	cases := flag.String("cases", "cached,edited,stream", "what to measure")
	flag.IntVar(&b.rounds, "rounds", 7, "how often to run each case")
	flag.IntVar(&b.events, "events", 1_000_000, "length of the stream")
	flag.StringVar(&b.out, "o", "", "document to update")
	flag.Parse()
	b.packages, b.cases = strings.Fields(*packages), strings.Split(*cases, ",")
	if err := b.run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench/test:", err)
		os.Exit(1)
	}
}

// A bench is what the flags ask for.
type bench struct {
	module, file, fn, out string
	packages, cases       []string
	rounds, events        int

	gust, gotestsum, work string
	table                 result.Table
}

func (b *bench) run(ctx context.Context) (err error) {
	if b.work, err = os.MkdirTemp("", "gust-bench-test-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.work)
	b.gust, b.gotestsum = filepath.Join(b.work, "gust"), filepath.Join(b.work, "gotestsum")
	for out, pkg := range map[string]string{b.gust: "./cmd/gust", b.gotestsum: "gotest.tools/gotestsum"} {
		if text, err := exec.CommandContext(ctx, "go", "build", "-o", out, pkg).CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", pkg, err, text)
		}
	}
	b.table.Header = []string{"Case", "gust test", "other", "ratio"}
	steps := map[string]func(context.Context) error{"cached": b.cached, "edited": b.edited, "stream": b.stream}
	for _, name := range b.cases {
		step, ok := steps[name]
		if !ok {
			return fmt.Errorf("there is no case %q", name)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Print(b.table.String())
	if b.out == "" {
		return nil
	}
	body := fmt.Sprintf("%d rounds, median; load average at the end: %s.\n\n%s", b.rounds, load(), b.table.String())
	return result.UpdateFile(b.out, "test", body)
}

// A contestant is a command line and how it did.
type contestant struct {
	name  string
	args  []string
	env   []string // besides ours
	times []time.Duration
	// memory asks for the peak, in bytes.
	memory bool
	peak   int64
}

// compete runs the contestants in turns after one round that does not count.
// before prepares each run.
func (b *bench) compete(ctx context.Context, before func(round int) error, all ...*contestant) error {
	for round := range b.rounds + 1 {
		for i := range all {
			c := all[(i+round)%len(all)]
			if err := before(round); err != nil {
				return err
			}
			took, peak, err := b.measure(ctx, c)
			if err != nil {
				return err
			}
			if round > 0 {
				c.times, c.peak = append(c.times, took), max(c.peak, peak)
			}
		}
	}
	return nil
}

// measure runs a contestant, and watches its memory if that is of interest:
// looking at all processes every few milliseconds takes its toll on those that
// start many.
func (b *bench) measure(ctx context.Context, c *contestant) (took time.Duration, peak int64, err error) {
	if !c.memory {
		took, err = b.once(ctx, c)
		return took, 0, err
	}
	sampler := rss.Watch(c.args[0])
	took, err = b.once(ctx, c)
	return took, sampler.Stop().Command, err
}

func (b *bench) once(ctx context.Context, c *contestant) (time.Duration, error) {
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = b.module
	cmd.Env = append(append(os.Environ(), "GUST_CACHE="+filepath.Join(b.work, "gustcache")), c.env...)
	var out bytes.Buffer
	cmd.Stderr = &out
	cmd.Stdout = &out
	began := time.Now()
	err := cmd.Run()
	took := time.Since(began)
	if err != nil {
		return 0, fmt.Errorf("%s: %w\n%s", c.name, err, out.Bytes())
	}
	return took, nil
}

// row adds one comparison to the table.
func (b *bench) row(name string, gust, other *contestant, memory bool) {
	g, o := result.Median(gust.times), result.Median(other.times)
	cells := []string{name, result.Seconds(g), other.name + " " + result.Seconds(o), result.Ratio(g, o)}
	if memory {
		cells[1] += ", " + result.MiB(gust.peak)
		cells[2] += ", " + result.MiB(other.peak)
	}
	b.table.Add(cells...)
}

func nothing(int) error { return nil }

// cached runs tests whose results are all in the cache.
func (b *bench) cached(ctx context.Context) error {
	goes := &contestant{name: "go test", args: append([]string{"go", "test"}, b.packages...)}
	stream := &contestant{name: "go test -json", args: append([]string{"go", "test", "-json"}, b.packages...)}
	sum := &contestant{name: "gotestsum", args: append([]string{b.gotestsum, "--"}, b.packages...)}
	gust := &contestant{name: "gust", args: append([]string{b.gust, "test"}, b.packages...)}
	if err := b.compete(ctx, nothing, goes, stream, sum, gust); err != nil {
		return err
	}
	b.row("all cached", gust, goes, false)
	b.row("all cached", gust, stream, false)
	b.row("all cached", gust, sum, false)
	return nil
}

// edited compiles, links and vets the tests after a function's body changed.
// Each run has a body of its own, and each side a build cache: neither may find
// what the other has built, nor spend time on bringing it over.
func (b *bench) edited(ctx context.Context) error {
	if b.file == "" {
		return nil
	}
	file := filepath.Join(b.module, b.file)
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	defer os.WriteFile(file, text, 0o666)
	var kind edit.Kind
	n := 0
	change := func(int) error {
		n++
		changed, err := kind.Apply(text, b.fn, int(time.Now().UnixNano()%1e6), n)
		if err != nil {
			return err
		}
		return os.WriteFile(file, changed, 0o666)
	}
	cache, err := b.ownCache(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"test", "-run", "^$"}, b.packages...)
	for _, kind = range []edit.Kind{edit.Body, edit.BodyMoved} {
		n = 0
		goes := &contestant{name: "go test", args: append([]string{"go"}, args...), env: []string{"GOCACHE=" + cache}}
		gust := &contestant{name: "gust", args: append([]string{b.gust}, args...)}
		if err := b.compete(ctx, change, goes, gust); err != nil {
			return err
		}
		b.row(kind.Title+", -run '^$'", gust, goes, false)
	}
	return nil
}

// ownCache is a build cache with what the user's has.
func (b *bench) ownCache(ctx context.Context) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOCACHE").Output()
	if err != nil {
		return "", fmt.Errorf("find the build cache: %w", err)
	}
	dir := filepath.Join(b.work, "gocache")
	_, err = overlay.Sync(ctx, strings.TrimSpace(string(out)), dir)
	return dir, err
}

// stream reads a recorded run, and one that is four times as long to see
// whether memory grows with it.
func (b *bench) stream(ctx context.Context) error {
	for _, n := range []int{b.events, 4 * b.events} {
		file := filepath.Join(b.work, "stream.json")
		if err := writeStream(file, n); err != nil {
			return err
		}
		sum := &contestant{name: "gotestsum", memory: true, args: []string{b.gotestsum, "--format=pkgname", "--raw-command", "cat", file}}
		same := &contestant{name: "gust", memory: true, args: []string{b.gust, "test", "report", "--format=pkgname", file}}
		own := &contestant{name: "gust", memory: true, args: []string{b.gust, "test", "report", file}}
		if err := b.compete(ctx, nothing, sum, same, own); err != nil {
			return err
		}
		b.row(fmt.Sprintf("%d events, --format=pkgname", n), same, sum, true)
		b.row(fmt.Sprintf("%d events, gust's format", n), own, sum, true)
	}
	return nil
}
