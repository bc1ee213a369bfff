package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sides that run a suite.
const (
	plain = "go test"
	boxed = "gust test --sandbox=auto"
)

// A pass is one run of a suite.
type pass struct {
	Suite string
	Side  string
	UID   int
	Round int
	// Code is the exit code, Time how long it took.
	Code int
	Time time.Duration
	// Tests are the verdicts, those of packages under their import path alone.
	Tests map[string]string
	// Said is what gust said besides.
	Said []string `json:",omitempty"`
}

// lab is what the flags ask for.
type lab struct {
	gust, work, file string
	rounds           int
	passes           []pass
}

// measure takes each suite once before any is taken twice.
func (l *lab) measure(ctx context.Context, chosen []suite, out io.Writer) error {
	var err error
	if l.passes, err = load(l.file); err != nil {
		return err
	}
	for round := range l.rounds {
		for _, s := range chosen {
			for _, side := range []string{plain, boxed} {
				if l.has(s, side, round) {
					continue
				}
				p, err := l.once(ctx, s, side, round)
				if err != nil {
					return fmt.Errorf("%s: %w", s.name(), err)
				}
				l.passes = append(l.passes, p)
				if err := save(l.file, l.passes); err != nil {
					return err
				}
				fmt.Fprintf(out, "%d %-44s %-24s exit %d, %4d results, %5.1f s\n", round, s.name(), side, p.Code, len(p.Tests), p.Time.Seconds())
			}
		}
	}
	return nil
}

func (l *lab) has(s suite, side string, round int) bool {
	return slices.ContainsFunc(l.passes, func(p pass) bool {
		return p.Suite == s.name() && p.Side == side && p.Round == round && p.UID == os.Getuid()
	})
}

// once runs a suite.
func (l *lab) once(ctx context.Context, s suite, side string, round int) (pass, error) {
	p := pass{Suite: s.name(), Side: side, UID: os.Getuid(), Round: round}
	dir, err := l.checkout(ctx, s)
	if err != nil {
		return p, err
	}
	events := filepath.Join(l.work, "events.json")
	_ = os.Remove(events)
	argv := []string{"go", "test", "-json"}
	if side == boxed {
		argv = []string{l.gust, "test", "--sandbox=auto", "--jsonfile=" + events, "--format=none"}
	}
	argv = append(append(append(argv, "-count=1", "-p=1", "-vet=off", "-timeout=5m"), s.Flags...), s.packages()...)
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, l.environ()
	output, err := os.Create(filepath.Join(l.work, "output.txt"))
	if err != nil {
		return p, err
	}
	defer output.Close()
	cmd.Stdout, cmd.Stderr = output, output
	began := time.Now()
	err = cmd.Run()
	p.Time, p.Code = time.Since(began), cmd.ProcessState.ExitCode()
	if ctx.Err() != nil || cmd.ProcessState == nil {
		return p, fmt.Errorf("run %s: %w", argv[0], err)
	}
	if side == plain {
		events = output.Name()
	} else {
		p.Said = besides(output.Name())
	}
	if p.Tests, err = verdicts(events); err == nil && len(p.Tests) == 0 {
		text, _ := os.ReadFile(output.Name())
		err = fmt.Errorf("%s ran no test: %s", side, text)
	}
	return p, err
}

// besides are gust's lines about what tests did.
func besides(path string) []string {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var said []string
	for line := range strings.Lines(string(data)) {
		for _, word := range []string{"  wrote ", "  left ", "  temp ", "  net ", "AGAIN ", "  ran without", "gust: "} {
			if strings.HasPrefix(line, word) {
				said = append(said, strings.TrimSpace(line))
			}
		}
	}
	return said
}

// environ is one with a home and a cache of its own.
func (l *lab) environ() []string {
	home := filepath.Join(l.work, "home")
	var env []string
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		if !strings.HasPrefix(name, "GUST_") && name != "HOME" && name != "GOCACHE" {
			env = append(env, kv)
		}
	}
	return append(env, "HOME="+home, "GOCACHE="+filepath.Join(l.work, "cache"), "GOFLAGS=-buildvcs=false -mod=mod",
		"GOPATH="+filepath.Join(home, "go"), "GOMODCACHE="+filepath.Join(l.work, "mod"), "LC_ALL=C.UTF-8", "USER=tester")
}

// checkout copies a module to where it can be written to. What the run before has
// written there is gone.
func (l *lab) checkout(ctx context.Context, s suite) (string, error) {
	dir := filepath.Join(l.work, "src", strings.ReplaceAll(s.Module, "/", "_"))
	for _, d := range []string{filepath.Join(l.work, "home"), filepath.Dir(dir)} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return "", err
		}
	}
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", s.name())
	cmd.Dir, cmd.Env = l.work, append(l.environ(), "GOFLAGS=-buildvcs=false")
	data, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("download: %w: %s", err, data)
	}
	var mod struct{ Dir string }
	if err := json.Unmarshal(data, &mod); err != nil {
		return "", err
	}
	// Files that stay the same keep their times, and go what it knows of them.
	sync := exec.CommandContext(ctx, "rsync", "-rlt", "--delete", "--chmod=Du=rwx,Dgo=rx,Fu=rw,Fgo=r", "--exclude=/go.mod", "--exclude=/go.sum", mod.Dir+"/", dir+"/")
	if text, err := sync.CombinedOutput(); err != nil {
		return "", fmt.Errorf("copy: %w: %s", err, text)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(mod.Dir, name))
		if _, have := os.Stat(filepath.Join(dir, name)); have == nil || os.IsNotExist(err) {
			continue // as go has completed it
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), data, 0o644)
		}
		if err != nil {
			return "", err
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		err = os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+s.Module+"\n\ngo 1.17\n"), 0o644)
		return dir, err
	}
	return dir, nil
}

// verdicts reads what became of each test in the end.
func verdicts(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e struct{ Action, Package, Test string }
		if json.Unmarshal(lines.Bytes(), &e) != nil || e.Package == "" {
			continue
		}
		switch e.Action {
		case "pass", "fail", "skip":
			all[strings.TrimSuffix(e.Package+" "+e.Test, " ")] = e.Action
		}
	}
	return all, lines.Err()
}

func load(path string) ([]pass, error) {
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return nil, nil
	}
	var passes []pass
	if err == nil {
		err = json.Unmarshal(data, &passes)
	}
	return passes, err
}

func save(path string, passes []pass) error {
	data, err := json.Marshal(passes)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".new", data, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func uidName(uid int) string {
	if uid == 0 {
		return "root"
	}
	return strconv.Itoa(uid)
}
