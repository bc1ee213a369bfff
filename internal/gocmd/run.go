package gocmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"time"
)

// killDelay is how long a go command may take to stop after its context
// ended, before it is killed.
const killDelay = 10 * time.Second

// Run runs a go command to its end and returns its exit code, 128 plus the
// number of the signal if one killed it. SIGINT and SIGTERM that reach gust
// meanwhile are go's to act on; gust waits for it, as cleaning up the work
// directory is go's too. When ctx ends go is interrupted. err is not nil
// only if go did not run, or ctx ended.
func (g *Go) Run(ctx context.Context, std Streams, args ...string) (exitCode int, err error) {
	cmd := g.command(ctx, args)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = std.Stdin, std.Stdout, std.Stderr
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, forwarded()...)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", g.Path, err)
	}
	done := make(chan struct{})
	go relay(signals, done, cmd.Process)
	err = cmd.Wait()
	close(done)
	return exit(ctx, cmd, err)
}

// Output runs a go command and returns what it wrote to stdout. A command
// that fails is an error that quotes its stderr.
func (g *Go) Output(ctx context.Context, args ...string) ([]byte, error) {
	cmd := g.command(ctx, args)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		return out, nil
	}
	what := "go"
	if len(args) > 0 {
		what += " " + args[0] // the rest can be long and is ours, not the user's
	}
	if text := strings.TrimSpace(stderr.String()); text != "" {
		return nil, fmt.Errorf("%s: %w: %s", what, err, text)
	}
	return nil, fmt.Errorf("%s: %w", what, err)
}

func (g *Go) command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.Path, args...)
	cmd.Dir, cmd.Env = g.Dir, deeper(g.Env)
	if filepath.IsAbs(g.Dir) {
		// Like os/exec without Env, so that go sees the directory by the
		// name the user has for it.
		cmd.Env = append(cmd.Env, "PWD="+g.Dir)
	}
	cmd.Cancel = func() error { return interrupt(cmd.Process) }
	cmd.WaitDelay = killDelay
	return cmd
}

// relay passes signals on until the process is done.
func relay(signals <-chan os.Signal, done <-chan struct{}, p *os.Process) {
	for {
		select {
		case <-done:
			return
		case sig := <-signals:
			if !reachesGroup(sig) {
				// The process may just have ended; then there is nobody to tell.
				_ = p.Signal(sig)
			}
		}
	}
}

// exit turns the result of Wait into an exit code.
func exit(ctx context.Context, cmd *exec.Cmd, err error) (int, error) {
	if ctx.Err() != nil {
		return 0, ctx.Err()
	}
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return 0, fmt.Errorf("run %s: %w", cmd.Path, err)
	}
	if n, ok := killedBy(cmd.ProcessState); ok {
		return 128 + n, nil
	}
	return cmd.ProcessState.ExitCode(), nil
}
