package gocmd

import (
	"context"
	"encoding/json"
	"fmt"
)

// Env is what `go env` says about one directory.
type Env struct {
	GOVERSION    string
	GOROOT       string
	GOCACHE      string
	GOMODCACHE   string
	GOFLAGS      string
	GOCACHEPROG  string
	GOTOOLDIR    string
	GOTMPDIR     string
	GOOS         string
	GOARCH       string
	GOEXPERIMENT string
	GOWORK       string
	GOMOD        string
	GOPATH       string
	GOBIN        string
	GOEXE        string
	GOENV        string
	CGO_ENABLED  string
	// Vars holds the above and a few more variables by name. A variable that
	// this go does not know is empty.
	Vars map[string]string `json:"-"`
}

// envNames are the variables to ask for. None of them is one for which go
// env starts a C compiler (CGO_CFLAGS, GOGCCFLAGS and the like).
func envNames() []string {
	return []string{
		"GOVERSION", "GOROOT", "GOCACHE", "GOMODCACHE", "GOFLAGS", "GOCACHEPROG",
		"GOTOOLDIR", "GOTMPDIR", "GOOS", "GOARCH", "GOEXPERIMENT", "GOWORK", "GOMOD",
		"GOPATH", "GOBIN", "GOEXE", "GOENV", "CGO_ENABLED", "GOHOSTOS", "GOHOSTARCH",
		"GOTOOLCHAIN", "GODEBUG", "GO111MODULE", "GOFIPS140", "CC", "CXX", "AR", "GCCGO",
		"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64",
		"GORISCV64", "GOWASM",
	}
}

// EnvVars asks go for its environment in one call. chdir is the value of the
// user's -C flag, empty if there is none: which go runs and where its caches
// are can depend on the directory. A go older than gust supports is an
// error.
func (g *Go) EnvVars(ctx context.Context, chdir string) (Env, error) {
	args := []string{"env"}
	if chdir != "" {
		args = append(args, "-C", chdir) // go wants it first
	}
	args = append(append(args, "-json"), envNames()...)
	out, err := g.Output(ctx, args...)
	if err != nil {
		return Env{}, err
	}
	env, err := ReadEnv(out)
	if err != nil {
		return Env{}, fmt.Errorf("read the output of %s env: %w", g.Path, err)
	}
	if err := g.checkVersion(env.GOVERSION); err != nil {
		return Env{}, err
	}
	return env, nil
}

// ReadEnv reads what go env -json has written, or the JSON of Vars.
func ReadEnv(text []byte) (env Env, err error) {
	if err := json.Unmarshal(text, &env.Vars); err != nil {
		return Env{}, err
	}
	return env, json.Unmarshal(text, &env)
}
