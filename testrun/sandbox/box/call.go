package box

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// A call is the command line of gust testexec: what go appends to the words of
// -exec is the binary and its arguments.
type call struct {
	users []string // the user's own -exec
	argv  []string // users, the binary and its arguments
}

// Words are those of -exec. The policy is a word of its own since go makes the
// value part of what a cached result depends on.
func Words(self, policy string, users []string) []string {
	return append([]string{self, Command, policy, strconv.Itoa(len(users))}, users...)
}

// parseCall reads what stands behind the command's name.
func parseCall(args []string) (call, error) {
	if len(args) < 3 {
		return call{}, fmt.Errorf("too few arguments: %q", args)
	}
	n, err := strconv.Atoi(args[1])
	if err != nil || n < 0 || n >= len(args)-2 {
		return call{}, fmt.Errorf("%q is no number of words", args[1])
	}
	return call{users: args[2 : 2+n], argv: args[2:]}, nil
}

// binary is the path of the test binary.
func (c call) binary() string { return c.argv[len(c.users)] }

// testArgs are the arguments of the test binary.
func (c call) testArgs() []string { return c.argv[len(c.users)+1:] }

// objdir is the directory that go made for the package, "" if the binary is
// somewhere else.
func (c call) objdir() string {
	dir := fspath.Dir(c.binary())
	base, work := fspath.Base(dir), fspath.Base(fspath.Dir(dir))
	if _, err := strconv.Atoi(strings.TrimPrefix(base, "b")); err != nil || !strings.HasPrefix(work, "go-build") {
		return ""
	}
	return dir
}

// withLog adds the flag that makes a test write down what it reads. go adds it
// itself, but not with -exec (golang/go#27207); it looks for the file all the
// same and then caches the result. go does not cache with arguments it does not
// know, and with an -exec program of the user's the result may depend on
// anything.
func (c call) withLog() []string {
	if len(c.users) > 0 || c.objdir() == "" {
		return c.argv
	}
	for _, arg := range c.testArgs() {
		if !cacheable(arg) {
			return c.argv
		}
	}
	log := "-test.testlogfile=" + fspath.Join(c.objdir(), "testlog.txt")
	return append([]string{c.binary(), log}, c.testArgs()...)
}

// cacheable follows tryCacheWithID of cmd/go/internal/test, and knows what go
// itself adds.
func cacheable(arg string) bool {
	name, _, ok := strings.Cut(arg, "=")
	switch name {
	case "-test.paniconexit0":
		return true
	case "-test.benchtime", "-test.cpu", "-test.list", "-test.parallel", "-test.run", "-test.short",
		"-test.skip", "-test.timeout", "-test.failfast", "-test.v", "-test.fullpath",
		"-test.coverprofile", "-test.outputdir", "-test.gocoverdir":
		return ok
	}
	return false
}
