package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// A Mode says how strict a sandbox is.
type Mode string

const (
	// Off runs tests as go does.
	Off Mode = "off"
	// Auto lets ordinary tests pass unchanged, and does without where the
	// system allows no sandbox.
	Auto Mode = "auto"
	// Strict runs nothing without a sandbox.
	Strict Mode = "strict"
)

// ParseMode reads the value of a flag.
func ParseMode(s string) (Mode, error) {
	switch m := Mode(s); m {
	case Off, Auto, Strict:
		return m, nil
	}
	return "", fmt.Errorf("%q is none of auto, strict and off", s)
}

// Options describe the sandboxes of a run. The zero value is no sandbox.
type Options struct {
	Mode Mode
	// Require is the isolation without which nothing is to run.
	Require box.Level
	// Through lets tests write to the checkout.
	Through bool
	// Allow are addresses of the host's loopback that tests may connect to.
	Allow []string
	// Vars are names of variables that strict tests see besides the usual ones; a *
	// at the end stands for anything.
	Vars []string
	// Limits are what tests may use; the usual values stand for what it does not
	// name.
	Limits limit.Set
	// Pin are variables, as NAME=VALUE, that tests see whatever the environment.
	Pin []string
	// ClockOffset is by how much clocks that count from when the machine started
	// are ahead.
	ClockOffset time.Duration
	// Leaks says what becomes of a test that leaves something behind.
	Leaks Leaks
	// Goroutines are looked at when tests end.
	Goroutines bool
	// Trace says what to record.
	Trace box.Trace
	// Listen has each call wait for it to be recorded, also where the kernel could tell
	// of it later.
	Listen bool
	// Now tells the time.
	Now func() time.Time
	// Packages are packages that need something else.
	Packages []box.Package
	// Self is the executable of gust.
	Self string
	// CacheDir is gust's cache.
	CacheDir string
	// Dir is where go runs; Env is what it says about itself.
	Dir string
	Env gocmd.Env
	// Environ is the environment that the tests are to have.
	Environ []string
	// Users is the program that the user runs tests with (go test -exec).
	Users []string
}

// Leaks says what becomes of a test that leaves processes or files behind.
type Leaks string

// What can become of it. The zero value warns, or fails in strict mode.
const (
	LeaksOff  Leaks = "off"
	LeaksWarn Leaks = "warn"
	LeaksFail Leaks = "fail"
)

// LeaksFail reports whether leaks fail the run.
func (o Options) LeaksFail() bool {
	return o.Leaks == LeaksFail || o.Leaks == "" && o.Mode == Strict
}

// Strict reports whether nothing is to run without a sandbox.
func (o Options) Strict() bool { return o.Mode == Strict }

// Default is the mode if none is asked for. What there is on other systems than Linux is too
// little to be worth a process more for each package.
func Default() Mode {
	if runtime.GOOS == "linux" {
		return Auto
	}
	return Off
}

// on reports whether there is to be a sandbox.
func (o Options) on() bool { return o.Mode == Auto || o.Mode == Strict }

// getenv looks up a variable of the tests.
func (o Options) getenv(name string) string {
	for i := len(o.Environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(o.Environ[i], name+"="); ok {
			return v
		}
	}
	return ""
}

// policy is what results depend on besides the test: go caches them by it.
func (o Options) policy() string {
	policy := string(o.Mode)
	if o.Through {
		policy += ",through"
	}
	if o.Require != "" {
		policy += ",required=" + string(o.Require)
	}
	if o.Trace != "" {
		policy += ",trace=" + string(o.Trace)
	}
	if o.Goroutines {
		policy += ",goroutines"
	}
	if o.LeaksFail() {
		policy += ",noleaks"
	}
	if o.ClockOffset != 0 {
		policy += ",clock=" + o.ClockOffset.String()
	}
	if len(o.Allow)+len(o.Vars)+len(o.Packages)+len(o.Limits)+len(o.Pin) > 0 {
		data, _ := json.Marshal([]any{o.Allow, o.Vars, o.Packages, o.Limits, o.Pin}) // strings and lists of them
		sum := sha256.Sum256(data)
		policy += "," + hex.EncodeToString(sum[:8])
	}
	return policy
}

// Flag is the flag that makes go run tests in sandboxes.
func (o Options) flag() (string, error) {
	value, err := gocmd.Quote(box.Words(o.Self, o.policy(), o.Users)...)
	if err != nil {
		return "", fmt.Errorf("name gust to go: %w", err)
	}
	return "-exec=" + value, nil
}

// updates are names of flags with which tests are asked to write to the
// checkout, such as -update, -update-golden and -rewrite_snapshots, and
// updateVars variables to the same end.
// Every process of gust would compile them as it starts.
var (
	updates = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^-{1,2}([a-z0-9.]+[-_.])?(update|rewrite|regenerate|regen|record)([-_.]?(all|golden|goldens|snapshot|snapshots|snaps|testdata|fixtures|scripts|expected))?(=(true|1|t|all|always))?$|^-{1,2}(golden|snapshot|testdata)[-_.]?update(=(true|1|t))?$`)
	})
	updateVars = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)^([a-z0-9]+_)?(update|regenerate)_(all|golden|goldens|snapshot|snapshots|snaps|testdata|fixtures|scripts|expected)=(true|1|t|yes|on|always)$`)
	})
)

// WantsWrites returns what in a command line or an environment asks tests to
// write to the checkout, "" if nothing does. Flags of go itself do not: they
// have names of their own.
func WantsWrites(goArgs, environ []string) string {
	for _, arg := range goArgs {
		if updates().MatchString(arg) {
			return arg
		}
	}
	for _, kv := range environ {
		if updateVars().MatchString(kv) {
			return kv
		}
	}
	return ""
}

// inside reports whether path is dir or below it; both are absolute.
func inside(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
