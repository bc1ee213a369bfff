package build

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/build/direct"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// interrupted are exit codes of tools that the user has ended with a signal.
func interrupted(code int) bool { return code == 128+2 || code == 128+15 }

// knownEnv is what go env would say, where nothing has changed that it depends
// on since the plan was made: variables, files and the go command.
func (t *target) knownEnv() (gocmd.Env, bool) {
	if t == nil || t.Env != nil || t.plan == nil || t.verdict == nil || t.verdict.Relist {
		return gocmd.Env{}, false
	}
	text, err := json.Marshal(t.plan.Vars)
	if err != nil {
		return gocmd.Env{}, false
	}
	env, err := gocmd.ReadEnv(text)
	return env, err == nil && planEnv(env) == t.plan.Env
}

// loadPlan reads what the build that the snapshot describes has written down.
func (t *target) loadPlan(snap *astcache.Snapshot) {
	if b, err := snap.LoadPlan(t.file); err == nil {
		t.plan, _ = direct.Decode(b)
	}
}

// direct makes the program without go if it is known how, see package direct.
// done is false if go has to build, for whatever reason.
func (t *target) direct(ctx context.Context) (res Result, done bool) {
	if t == nil || t.plan == nil || t.verdict == nil || !t.verdict.OnlyEdited || t.verdict.Relist {
		return Result{}, false
	}
	outputs := t.snap.Outputs
	if len(outputs) != 1 || !replaceable(outputs[0].Path) {
		return Result{}, false
	}
	var known bool
	if t.env, known = t.knownEnv(); !known {
		return Result{}, false
	}
	var err error
	if t.session, err = t.newSession(ctx); err != nil {
		return Result{}, false
	}
	t.begin()
	code, err := t.makeDirectly(ctx, outputs[0].Path)
	if err == nil && code == 0 {
		t.total.Direct = true
		t.remember(ctx)
	}
	if err != nil && !interrupted(code) {
		t.total.Linked = 0
		return Result{}, false // the session goes on
	}
	t.end()
	t.session.close()
	t.keepCache(ctx)
	return Result{ExitCode: code}, true
}

// replaceable reports whether go would put a program in place of this file by
// renaming a new one (cmd/go/internal/work.(*Shell).moveOrCopyFile).
func replaceable(file string) bool {
	info, err := os.Lstat(file)
	dir, errDir := os.Stat(filepath.Dir(file))
	return err == nil && errDir == nil && info.Mode().IsRegular() && dir.Mode()&os.ModeSetgid == 0
}

// makeDirectly compiles, links and puts the program in its place. The code is
// not 0 if the user has ended a tool.
func (t *target) makeDirectly(ctx context.Context, output string) (code int, err error) {
	t.session.toolexec.Failures = filepath.Join(t.session.dir, "failures")
	session, err := t.session.toolexec.Encode()
	if err != nil {
		return 0, err
	}
	environ := t.Go.Env
	if environ == nil {
		environ = os.Environ()
	}
	environ = append(environ[:len(environ):len(environ)], "GOCACHE="+t.session.gocache)
	f := t.follower()
	f.onlyGood = true
	defer func() { f.onlyGood = false }()
	exe, plan, err := t.plan.Run(ctx, direct.Options{
		Edited: t.verdict.Edited, Compiled: t.snap.Compiled,
		Work: filepath.Join(t.session.dir, "work"), Store: t.session.store,
		Tool: func(ctx context.Context, s *toolexec.Step, args []string) bool {
			g := gocmd.Go{Path: t.Self, Dir: s.Dir, Env: s.Environ(environ, session)}
			var printed bytes.Buffer
			var toolErr error
			code, toolErr = g.Run(ctx, gocmd.Streams{Stdout: &printed, Stderr: &printed}, append([]string{"toolexec", s.Tool}, args...)...)
			f.read()
			return toolErr == nil && code == 0 && printed.Len() == 0
		},
	})
	if err != nil {
		return code, err
	}
	t.nextPlan = plan
	return 0, put(exe, output)
}

// put moves a program to its place, as cmd/go does.
func put(exe, output string) error {
	mode := os.FileMode(0o777)
	// The umask can only be seen at work.
	probe, err := os.OpenFile(exe+"-umask", os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	info, err := probe.Stat()
	probe.Close()
	if err != nil {
		return err
	}
	if err := os.Chmod(exe, info.Mode().Perm()); err != nil {
		return err
	}
	if os.Rename(exe, output) == nil {
		return nil
	}
	// Another file system. A program that runs cannot be written to.
	return replaceByCopy(exe, output, info.Mode().Perm())
}

func replaceByCopy(exe, output string, mode os.FileMode) error {
	in, err := os.Open(exe)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := os.Remove(output); err != nil {
		return err
	}
	out, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if closeErr := out.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		_ = os.Remove(output)
		return fmt.Errorf("write %q: %w", output, err)
	}
	return nil
}

// planned adds to a snapshot how the program was made, if that is known. It
// must hold for what the snapshot says, so one that is not proven has no plan.
func (t *target) planned(snap *astcache.Snapshot) {
	snap.Plan = astcache.Sum{}
	plan := t.nextPlan
	if plan == nil && len(snap.Outputs) == 1 {
		earlier := t.plan
		if t.verdict == nil || t.verdict.Relist || t.verdict.Unproven {
			earlier = nil // other files and imports may have been compiled
		}
		plan = t.steps.Plan(planEnv(t.env), t.env.Vars, earlier)
	}
	if plan == nil || snap.Unproven {
		return
	}
	if b, err := plan.Encode(); err != nil || snap.SavePlan(t.file, b) != nil {
		snap.Plan = astcache.Sum{}
	}
}

// finish reports a build that go had no part in.
func (r *runner) finish(began time.Time, sink event.Sink) {
	r.total.WallNS = time.Since(began).Nanoseconds()
	sink.Emit(r.total)
}

// planEnv is the part of go's environment that a plan is made for.
func planEnv(e gocmd.Env) direct.Env {
	return direct.Env{GOROOT: e.GOROOT, GOMODCACHE: e.GOMODCACHE, GOCACHE: e.GOCACHE, GOMOD: e.GOMOD}
}

// plans reports whether wrappers are to write their steps down.
func (t *target) plans() bool {
	return t != nil && t.Verb == "build" && t.Lines != LinesRelaxed
}
