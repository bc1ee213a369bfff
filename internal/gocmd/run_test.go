//go:build unix

package gocmd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/fault"
)

// script writes an executable shell script that stands for go.
func script(t *testing.T, dir, name, body string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFind(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	links, empty, real := t.TempDir(), t.TempDir(), t.TempDir()
	if err := os.Symlink(self, filepath.Join(links, "go")); err != nil {
		t.Fatal(err)
	}
	goPath := script(t, real, "go", "exit 0")
	other := script(t, real, "go1.25", "exit 0")
	if err := os.WriteFile(filepath.Join(empty, "go"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		env  []string
		want string // empty means an error
	}{
		{"PATH", []string{"PATH=" + real}, goPath},
		{"a link to gust", []string{"PATH=" + links + ":" + real}, goPath},
		{"not executable", []string{"PATH=" + empty + ":" + real}, goPath},
		{"only gust", []string{"PATH=" + links}, ""},
		{"relative PATH", []string{"PATH=.:bin"}, ""},
		{"no PATH", nil, ""},
		{"GUST_GO path", []string{"GUST_GO=" + other, "PATH=" + real}, other},
		{"GUST_GO name", []string{"GUST_GO=go1.25", "PATH=" + real}, other},
		{"GUST_GO relative", []string{"GUST_GO=./go", "PATH=" + real}, ""},
		{"GUST_GO missing", []string{"GUST_GO=" + real + "/nope", "PATH=" + real}, ""},
		{"GUST_GO is gust", []string{"GUST_GO=" + links + "/go", "PATH=" + real}, ""},
		{"too deep", []string{"GUST_DEPTH=20", "PATH=" + real}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.env == nil {
				tt.env = []string{}
			}
			g, err := Find(tt.env)
			if tt.want != "" {
				if err != nil || g.Path != tt.want {
					t.Fatalf("Find = %+v, %v; want %s", g, err, tt.want)
				}
				return
			}
			var user *fault.UserError
			if !errors.Is(err, ErrNoGo) || !errors.As(err, &user) || user.Kind != fault.Capability || user.Hint == "" {
				t.Fatalf("Find = %+v, %v; want a hint and ErrNoGo", g, err)
			}
		})
	}
}

func TestRunPassesEverything(t *testing.T) {
	g := &Go{Path: script(t, t.TempDir(), "go", `cat; echo "$@" >&2; exit 7`), Env: []string{"PATH=" + os.Getenv("PATH")}}
	var out, err bytes.Buffer
	code, runErr := g.Run(t.Context(), Streams{Stdin: strings.NewReader("in"), Stdout: &out, Stderr: &err}, "vet", "-x", "a b")
	if runErr != nil || code != 7 || out.String() != "in" || err.String() != "vet -x a b\n" {
		t.Errorf("Run = %d, %v, stdout %q, stderr %q", code, runErr, out.String(), err.String())
	}
}

func TestRunReportsSignals(t *testing.T) {
	g := &Go{Path: script(t, t.TempDir(), "go", `kill -KILL $$`)}
	if code, err := g.Run(t.Context(), Streams{}); err != nil || code != 128+9 {
		t.Errorf("Run = %d, %v; want 137", code, err)
	}
}

func TestRunMissing(t *testing.T) {
	g := &Go{Path: filepath.Join(t.TempDir(), "go")}
	if _, err := g.Run(t.Context(), Streams{}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error = %v, want one of a missing file", err)
	}
}

// started is a writer that tells when the script has spoken.
type started chan struct{}

func (s started) Write(p []byte) (int, error) {
	close(s)
	return len(p), nil
}

// TestRunForwardsTermination sends gust SIGTERM and expects that go gets it
// and that its own answer counts.
func TestRunForwardsTermination(t *testing.T) {
	g := &Go{Path: script(t, t.TempDir(), "go", `trap 'exit 41' TERM; echo up; while :; do sleep 0.01; done`)}
	up := make(started)
	go func() {
		<-up
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	code, err := g.Run(t.Context(), Streams{Stdout: up})
	if err != nil || code != 41 {
		t.Errorf("Run = %d, %v; want 41", code, err)
	}
}

func TestRunInterruptsOnCancel(t *testing.T) {
	stopped := filepath.Join(t.TempDir(), "stopped")
	g := &Go{Path: script(t, t.TempDir(), "go", `trap 'touch `+stopped+`; exit 1' INT; echo up; while :; do sleep 0.01; done`)}
	ctx, cancel := context.WithCancel(t.Context())
	up := make(started)
	go func() {
		<-up
		cancel()
	}()
	if _, err := g.Run(ctx, Streams{Stdout: up}); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want context.Canceled", err)
	}
	if _, err := os.Stat(stopped); err != nil {
		t.Errorf("go was not asked to stop: %v", err)
	}
}

func TestOutputQuotesStderr(t *testing.T) {
	g := &Go{Path: script(t, t.TempDir(), "go", `echo no such thing >&2; exit 1`)}
	_, err := g.Output(t.Context(), "env", "-x")
	if err == nil || !strings.HasPrefix(err.Error(), "go env: ") || !strings.HasSuffix(err.Error(), ": no such thing") {
		t.Errorf("error = %v", err)
	}
}

func TestEnvVars(t *testing.T) {
	g, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module x\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	g.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-tags=probe", "GO111MODULE=on", "GOTMPDIR="+dir)
	env, err := g.EnvVars(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	mod, err := filepath.EvalSymlinks(env.GOMOD)
	want, _ := filepath.EvalSymlinks(filepath.Join(dir, "go.mod"))
	if err != nil || mod != want {
		t.Errorf("GOMOD = %q, want %q", env.GOMOD, want)
	}
	if env.GOFLAGS != "-tags=probe" || env.GOTMPDIR != dir || env.GOWORK != "off" {
		t.Errorf("EnvVars = %+v", env)
	}
	for name, value := range map[string]string{
		"GOVERSION": env.GOVERSION, "GOROOT": env.GOROOT, "GOCACHE": env.GOCACHE,
		"GOTOOLDIR": env.GOTOOLDIR, "GOOS": env.GOOS, "GOARCH": env.GOARCH,
	} {
		if value == "" || env.Vars[name] != value {
			t.Errorf("%s = %q, Vars has %q", name, value, env.Vars[name])
		}
	}
}

func TestVersionGate(t *testing.T) {
	for version, allowed := range map[string]bool{
		"go1.23.9":                    false,
		"go1.4":                       false,
		"go1.24":                      true,
		"go1.24rc1":                   true,
		"go1.26.8":                    true,
		"go1.99":                      true,
		"go1.25.1 X:nodwarf5":         true,
		"go1.22.1 X:loopvar":          false,
		"devel go1.28-0123456789 Mon": true,
		"go1.26.1-custom.1":           true,
		"go1.21.3-custom":             false,
		"":                            true,
	} {
		body := `echo '{"GOVERSION": "` + version + `"}'`
		g := &Go{Path: script(t, t.TempDir(), "go", body)}
		_, err := g.EnvVars(t.Context(), "")
		var user *fault.UserError
		switch {
		case allowed && err != nil:
			t.Errorf("%q is refused: %v", version, err)
		case !allowed && (!errors.As(err, &user) || user.Kind != fault.Capability || user.Hint == ""):
			t.Errorf("%q: error = %v, want a capability error with a hint", version, err)
		}
	}
}

func TestPWDFollowsDir(t *testing.T) {
	dir := t.TempDir()
	g := &Go{Path: script(t, t.TempDir(), "go", `echo "$PWD"`), Dir: dir, Env: append(os.Environ(), "PWD=/elsewhere")}
	out, err := g.Output(t.Context())
	if err != nil || strings.TrimSpace(string(out)) != dir {
		t.Errorf("PWD = %q, %v; want %s", out, err, dir)
	}
}

func TestInterruptedWaitEnds(t *testing.T) {
	// A context that has already ended must not start anything.
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	g := &Go{Path: script(t, t.TempDir(), "go", "exit 0")}
	if _, err := g.Run(ctx, Streams{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error = %v, want context.DeadlineExceeded", err)
	}
}
