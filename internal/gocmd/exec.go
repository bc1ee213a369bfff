package gocmd

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// ExecProgram is the program with its arguments that go run would run the
// executable with, found as go does it: the -exec flag's, that of GOFLAGS, or
// for executables of another system go_GOOS_GOARCH_exec from PATH. It is empty
// if the executable is run as it is.
func (g *Go) ExecProgram(verb string, goArgs []string, env Env) ([]string, error) {
	value, ok := FindFlag(verb, goArgs, "exec")
	if flags, err := SplitGOFLAGS(env.GOFLAGS); err == nil && !ok {
		value, ok = FindFlag(verb, flags, "exec")
	}
	environ := g.Env
	if environ == nil {
		environ = os.Environ()
	}
	if !ok {
		if env.GOOS == runtime.GOOS && env.GOARCH == runtime.GOARCH {
			return nil, nil
		}
		if path := search(environ, "go_"+env.GOOS+"_"+env.GOARCH+"_exec", nil); path != "" {
			return []string{path}, nil
		}
		return nil, nil
	}
	words, err := SplitGOFLAGS(value)
	if err != nil {
		return nil, fmt.Errorf("-exec: %w", err)
	}
	if len(words) > 0 && !strings.ContainsAny(words[0], `/\`) {
		if path := search(environ, words[0], nil); path != "" {
			words[0] = path
		}
	}
	return words, nil
}
