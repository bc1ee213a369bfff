//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// stress is the script command "stress how rounds", which edits a package in
// each round and builds under hard conditions:
//
//	killed   the build and all below it are killed at a random moment
//	twice    two builds run at once; both must be right
//	robbed   the store is deleted again and again while the build runs
//	kept     gust cache trim, verify and clean run again and again, and are
//	         killed now and then, while two builds run
//
// The script's directory must hold a program whose package lib/lib.go has the
// line "return x + n" in a body.
func stress(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: stress killed|twice|robbed|kept rounds")
	}
	rounds, err := strconv.Atoi(args[1])
	ts.Check(err)
	s := &stresser{ts: ts, random: rand.New(rand.NewPCG(1, uint64(rounds)))}
	for n := range rounds {
		s.edit(n + 1)
		switch args[0] {
		case "killed":
			s.killed()
		case "twice":
			s.twice()
		case "robbed":
			s.robbed()
		case "kept":
			s.kept()
		default:
			ts.Fatalf("stress knows no %q", args[0])
		}
	}
}

type stresser struct {
	ts     *testscript.TestScript
	random *rand.Rand
}

var bodyLine = regexp.MustCompile(`\n+\treturn x \+ \d+`)

// edit changes a body, and every third time the lines below it.
func (s *stresser) edit(n int) {
	file := s.ts.MkAbs("lib/lib.go")
	text, err := os.ReadFile(file)
	s.ts.Check(err)
	lines := 1
	if n%3 == 0 {
		lines += n
	}
	body := strings.Repeat("\n", lines) + "\treturn x + " + strconv.Itoa(1000+n)
	s.ts.Check(os.WriteFile(file, bodyLine.ReplaceAll(text, []byte(body)), 0o666))
}

// command is gust in the script's environment, in a process group of its own.
func (s *stresser) command(program string, args ...string) *exec.Cmd {
	path, err := exec.LookPath(program)
	s.ts.Check(err)
	cmd := exec.Command(path, args...)
	cmd.Dir = s.ts.MkAbs(".")
	cmd.Env = append(os.Environ(), "PWD="+cmd.Dir)
	for _, name := range []string{"HOME", "TMPDIR", "GOPATH", "GOCACHE", "GUST_CACHE", "GOENV", "GOFLAGS", "GOPROXY", "GOTOOLCHAIN", "GOWORK"} {
		cmd.Env = append(cmd.Env, name+"="+s.ts.Getenv(name))
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (s *stresser) killed() {
	cmd := s.command("gust", "build", "-o", "killed", ".")
	s.ts.Check(cmd.Start())
	time.Sleep(time.Duration(s.random.IntN(500)) * time.Millisecond)
	// It may have ended by itself.
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
}

// progressLine is what a build says after ten seconds, on a slow machine.
var progressLine = regexp.MustCompile(`(?m)^gust: \d+ compiled, .*\n`)

// twice compares both programs with what go makes.
func (s *stresser) twice() {
	names := []string{"one", "two"}
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Add(1)
		cmd := s.command("gust", "build", "-o", name, ".")
		cmd.Env = append(cmd.Env, "GUST_VERIFY=1")
		go func() {
			defer wg.Done()
			out, err := cmd.CombinedOutput()
			out = progressLine.ReplaceAll(out, nil)
			if err != nil || len(out) > 0 {
				errs[i] = fmt.Errorf("build of %s: %v\n%s", name, err, out)
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		s.ts.Check(err)
	}
	s.compare(names...)
}

// robbed deletes the store while a build uses it.
func (s *stresser) robbed() {
	cmd := s.command("gust", "build", "-o", "robbed", ".")
	cmd.Env = append(cmd.Env, "GUST_VERIFY=1")
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				// Fails when the build writes at the same time.
				_ = os.RemoveAll(filepath.Join(s.ts.Getenv("GUST_CACHE"), "store"))
				time.Sleep(time.Millisecond)
			}
		}
	}()
	out, err := cmd.CombinedOutput()
	close(stop)
	<-stopped
	s.ts.Logf("%s", out)
	s.ts.Check(err)
	if strings.Contains(string(out), "bug in gust") {
		s.ts.Fatalf("the build went wrong")
	}
	s.compare("robbed")
}

// kept has the cache looked after while two builds use it.
func (s *stresser) kept() {
	jobs := [][]string{
		{"cache", "trim", "--max-size=0", "--wait=0s"}, {"cache", "verify", "--wait=0s"},
		{"cache", "clean", "--wait=0s"}, {"cache", "stats"},
	}
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			cmd := s.command("gust", jobs[s.random.IntN(len(jobs))]...)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				stopped <- err
				return
			}
			kill := time.AfterFunc(time.Duration(s.random.IntN(60))*time.Millisecond, func() { _ = cmd.Process.Kill() })
			err := cmd.Wait()
			kill.Stop()
			// Status 3 is for a cache in use, and a kill has none.
			if code := cmd.ProcessState.ExitCode(); code > 0 && (code != 3 || !strings.Contains(out.String(), "running build")) {
				stopped <- fmt.Errorf("%v: %w\n%s", cmd.Args, err, &out)
				return
			}
		}
	}()
	s.twice()
	close(stop)
	s.ts.Check(<-stopped)
}

func (s *stresser) compare(names ...string) {
	cmd := s.command("go", "build", "-o", "want", ".")
	cmd.Env = append(cmd.Env, "GOCACHE="+s.ts.Getenv("PLAINCACHE"))
	if out, err := cmd.CombinedOutput(); err != nil {
		s.ts.Fatalf("go build: %v\n%s", err, out)
	}
	for _, name := range names {
		cmpbin(s.ts, false, []string{name, "want"})
	}
}
