package gocmd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// ErrNoGo is the cause of the error that [Find] returns where there is no go
// command to drive.
var ErrNoGo = errors.New("find the go command")

// Find looks up the go command in env (os.Environ form; nil means the
// process's own): GUST_GO if it is set, else the first go in PATH that is not
// gust itself, so that a link named go that leads to gust does no harm.
// Relative PATH entries are skipped: a directory must not be able to plant
// its own go.
func Find(env []string) (*Go, error) {
	environ := env
	if environ == nil {
		environ = os.Environ()
	}
	if depth(environ) >= maxDepth {
		return nil, &fault.UserError{
			Kind: fault.Capability,
			Err:  fmt.Errorf("%w: the one in PATH leads back to gust", ErrNoGo),
			Hint: "run: GUST_GO=/path/to/go gust version",
		}
	}
	self := selfInfo()
	if chosen := lookup(environ, "GUST_GO"); chosen != "" {
		path, err := named(environ, chosen, self)
		if err != nil {
			return nil, err
		}
		return &Go{Path: path, Env: env}, nil
	}
	path := search(environ, "go", self)
	if path == "" {
		return nil, &fault.UserError{
			Kind: fault.Capability,
			Err:  fmt.Errorf("%w: no go in PATH", ErrNoGo),
			Hint: "install Go from https://go.dev/dl or run: GUST_GO=/path/to/go gust version",
		}
	}
	return &Go{Path: path, Env: env}, nil
}

// named resolves the value of GUST_GO: an absolute path, or a name such as
// go1.25.1 to look for in PATH.
func named(environ []string, chosen string, self os.FileInfo) (string, error) {
	refuse := func(why string) error {
		return &fault.UserError{
			Kind: fault.Capability,
			Err:  fmt.Errorf("%w: GUST_GO=%q %s", ErrNoGo, chosen, why),
			Hint: "run: env -u GUST_GO gust version",
		}
	}
	if !strings.ContainsAny(chosen, `/\`) {
		if path := search(environ, chosen, self); path != "" {
			return path, nil
		}
		return "", refuse("is not in PATH")
	}
	if !filepath.IsAbs(chosen) {
		return "", refuse("is a relative path")
	}
	info, err := os.Stat(chosen)
	switch {
	case err != nil || !executable(info):
		return "", refuse("is not an executable file")
	case self != nil && os.SameFile(info, self):
		return "", refuse("is gust itself")
	}
	return chosen, nil
}

// search returns the first executable called name in PATH that is not self.
func search(environ []string, name string, self os.FileInfo) string {
	if runtime.GOOS == "windows" && filepath.Ext(name) != ".exe" {
		name += ".exe"
	}
	for _, dir := range filepath.SplitList(lookup(environ, "PATH")) {
		if !filepath.IsAbs(dir) {
			continue
		}
		path := filepath.Join(dir, name)
		info, err := os.Stat(path)
		if err != nil || !executable(info) || self != nil && os.SameFile(info, self) {
			continue
		}
		return path
	}
	return ""
}

// LookPath finds a program the way go does: a name with a slash is a path, any
// other is looked for in PATH, relative entries skipped. The result is empty if
// there is none.
func LookPath(env []string, name string) string {
	if env == nil {
		env = os.Environ()
	}
	if !strings.ContainsAny(name, `/\`) {
		return search(env, name, nil)
	}
	if info, err := os.Stat(name); err != nil || !executable(info) {
		return ""
	}
	return name
}

// selfInfo identifies the running executable; nil if that is impossible, in
// which case nothing is taken for gust.
func selfInfo() os.FileInfo {
	path, err := os.Executable()
	if err != nil {
		return nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil
	}
	return info
}

func executable(info os.FileInfo) bool {
	if !info.Mode().IsRegular() {
		return false
	}
	return runtime.GOOS == "windows" || info.Mode().Perm()&0o111 != 0
}

// lookup returns the value of a variable in os.Environ form, the last one if
// it is there several times, as os/exec does it.
func lookup(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		k, v, ok := strings.Cut(kv, "=")
		if ok && (k == name || runtime.GOOS == "windows" && strings.EqualFold(k, name)) {
			value = v
		}
	}
	return value
}

// maxDepth is how deep gust may nest. A few levels are natural, as in a go
// generate that builds; a script named go that calls gust would nest forever.
const maxDepth = 20

// depthVar counts the levels.
const depthVar = "GUST_DEPTH"

func depth(environ []string) int {
	n, err := strconv.Atoi(lookup(environ, depthVar))
	if err != nil {
		return 0
	}
	return n
}

// deeper returns the environment for a go command run in env.
func deeper(env []string) []string {
	if env == nil {
		env = os.Environ()
	}
	return append(slices.Clip(env), depthVar+"="+strconv.Itoa(depth(env)+1))
}
