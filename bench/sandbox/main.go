//go:build linux && (amd64 || arm64)

// Command sandbox measures what a sandbox of gust test costs a test binary that
// does nothing, and what recording costs per call:
//
//	CGO_ENABLED=0 go build -o gust ./cmd/gust && go build -o sandbox ./bench/sandbox && ./sandbox -gust ./gust
//	setpriv --reuid=65534 --regid=65534 --clear-groups ./sandbox -gust ./gust
//	./sandbox -gust ./gust -suite 100 -runs 5
//
// The binary is this program. It runs bare, in a sandbox, in one that listens to it as
// it opens files, and in one that the kernel tells of them (where it may; else this one
// listens, too), in turn in every round; shown are medians. With -suite, a module of small
// packages is tested instead, by go and by gust. With -floor, somebody listens who does
// nothing but answer, without gust.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/testrun/sandbox"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == "open" {
		opens(os.Args[2])
		return
	}
	if len(os.Args) == 4 && os.Args[1] == "floor" {
		if err := floorMain(os.Args[2], os.Args[3] == "true"); err != nil {
			fmt.Fprintln(os.Stderr, "sandbox:", err)
			os.Exit(1)
		}
		return
	}
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "sandbox:", err)
		os.Exit(1)
	}
}

// opens opens a file that often and says how long one call took.
func opens(times string) {
	n, err := strconv.Atoi(times)
	if err != nil || n == 0 {
		return
	}
	start := time.Now()
	for range n {
		f, err := os.Open("/dev/null")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		_ = f.Close()
	}
	fmt.Println(int(time.Since(start)) / n)
}

// A side is one way to run the binary.
type side struct {
	name string
	argv []string
	env  []string
	// starts are how long runs took that do nothing, calls how long one open.
	starts, calls []time.Duration
}

func run(args []string, out io.Writer) error {
	fs := flag.NewFlagSet("sandbox", flag.ContinueOnError)
	gust := fs.String("gust", "", "`PROGRAM` to measure")
	runs := fs.Int("runs", 40, "`ROUNDS`")
	n := fs.Int("opens", 5000, "`CALLS` to measure recording by")
	floor := fs.Bool("floor", false, "measure what listening costs at the least")
	where := fs.String("dir", "/var/tmp", "work in a new directory of `DIR`: one below $HOME has one overlay with it")
	packages := fs.Int("suite", 0, "test a module of that many `PACKAGES`")
	if err := fs.Parse(args); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if *floor {
		return measureFloor(out, self, *runs, *n)
	}
	dir, err := os.MkdirTemp(*where, "gust-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if *packages > 0 {
		return measureSuite(out, *gust, dir, *packages, *runs)
	}
	sides := []*side{{name: "bare", argv: []string{self}, env: os.Environ()}}
	for _, b := range []struct {
		trace  box.Trace
		listen bool
	}{{"", false}, {box.TraceReads, true}, {box.TraceReads, false}} {
		s, closeBoxes, err := boxed(*gust, self, dir, b.trace, b.listen)
		if err != nil {
			return err
		}
		defer closeBoxes()
		sides = append(sides, s)
	}
	for range *runs {
		for _, s := range sides {
			if err := s.measure(dir, *n); err != nil {
				return err
			}
		}
	}
	for _, s := range sides {
		fmt.Fprintf(out, "%-25s start %6.2f ms (%+.2f)   open %6.2f µs (%+.2f)\n", s.name,
			ms(s.starts), ms(s.starts)-ms(sides[0].starts), 1e3*ms(s.calls), 1e3*(ms(s.calls)-ms(sides[0].calls)))
	}
	return nil
}

// boxed is the side that runs in sandboxes.
func boxed(gust, self, dir string, trace box.Trace, listen bool) (*side, func(), error) {
	gust, err := filepath.Abs(gust)
	if err != nil {
		return nil, nil, err
	}
	session, err := sandbox.Open(context.Background(), sandbox.Options{
		Mode: sandbox.Auto, Trace: trace, Listen: listen, Self: gust, CacheDir: filepath.Join(dir, "cache"), Dir: dir,
		Environ: os.Environ(), Now: time.Now, Env: gocmd.Env{GOMOD: filepath.Join(dir, "go.mod")},
	})
	if err != nil {
		return nil, nil, err
	}
	name := "sandbox"
	if trace != "" {
		name += ", the kernel tells"
	}
	if listen {
		name = "sandbox, listening"
	}
	argv := append(strings.Fields(strings.TrimPrefix(session.Flag(), "-exec=")), self)
	return &side{name: name, argv: argv, env: append(os.Environ(), session.Variable())},
		func() { _, _ = session.Close() }, nil
}

// measure runs it twice.
func (s *side) measure(dir string, n int) error {
	start := time.Now()
	if _, err := s.output(dir, 0); err != nil {
		return err
	}
	s.starts = append(s.starts, time.Since(start))
	out, err := s.output(dir, n)
	if err != nil {
		return err
	}
	ns, err := strconv.Atoi(strings.TrimSpace(out))
	s.calls = append(s.calls, time.Duration(ns))
	return err
}

func (s *side) output(dir string, n int) (string, error) {
	argv := append(slices.Clip(s.argv), "open", strconv.Itoa(n))
	cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stderr = dir, s.env, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("run %s: %w", s.name, err)
	}
	return string(out), nil
}

// ms is the median in milliseconds.
func ms(all []time.Duration) float64 {
	all = slices.Sorted(slices.Values(all))
	return float64(all[len(all)/2]) / 1e6
}
