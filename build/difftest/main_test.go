package difftest

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"
)

var (
	seedFlag   = flag.Uint64("difftest.seed", 0, "seed of the edits; 0 takes one from the clock")
	stepsFlag  = flag.Int("difftest.steps", 0, "edits per module; 0 means enough for CI")
	keepFlag   = flag.Bool("difftest.keep", false, "keep the directory of a sequence that failed")
	gustFlag   = flag.String("difftest.gust", "", "gust binary to test instead of building one")
	moduleFlag = flag.String("difftest.module", "", "directory of a module for TestModule, which copies it")
	pkgFlag    = flag.String("difftest.pkg", "./...", "packages of -difftest.module to build")
	cacheFlag  = flag.String("difftest.gocache", "", "build cache to start from, written by plain go; it is copied")
	kindsFlag  = flag.String("difftest.kinds", "", "comma-separated kinds of edits to make first")
)

// shared is what all tests of a run use; see [setup].
var shared struct {
	dir  string // temporary, removed at the end
	seed uint64
	stat totals
}

func TestMain(m *testing.M) {
	if mode := os.Getenv(fakeEnv); mode != "" {
		os.Exit(fakeGust(mode, os.Args[1:]))
	}
	flag.Parse()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "difftest")
	if err != nil {
		fmt.Fprintln(os.Stderr, "difftest:", err)
		return 1
	}
	defer os.RemoveAll(dir)
	shared.dir = dir
	shared.seed = *seedFlag
	if shared.seed == 0 {
		shared.seed = uint64(time.Now().UnixNano()) % 1_000_000_000
	}
	return m.Run()
}
