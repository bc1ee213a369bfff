package difftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/buildid"
)

// A pair builds a sandbox with both commands and finds what differs.
type pair struct {
	*sandbox
	caches *caches
	// relaxed passes --lines=relaxed: only what programs print must be equal.
	relaxed bool
	// extra are further flags for gust.
	extra []string
	// noRun leaves the built programs alone.
	noRun bool
	// skipArchives is for gust's caches that hold what relaxed builds left.
	skipArchives bool
	// leftover says that gust's programs are those of relaxed builds, until an
	// exact build succeeds.
	leftover bool
	stat     totals
}

// step builds with both commands, and with json lets gust report events. It
// returns whether go could build, and all differences.
func (p *pair) step(asJSON bool, flags ...string) (compiled bool, problems []string, err error) {
	want, err := p.build(p.go_, flags...)
	if err != nil {
		return false, nil, err
	}
	// Events share stdout with what go prints; failures are compared as the
	// user sees them.
	asJSON = asJSON && want.code == 0
	own := p.extra[:len(p.extra):len(p.extra)]
	if asJSON {
		own = append(own, "--json")
	}
	if p.relaxed {
		own = append(own, "--lines=relaxed")
	}
	got, err := p.build(p.gust, append(own, flags...)...)
	if err != nil {
		return false, nil, err
	}
	if asJSON {
		problems = append(problems, p.takeEvents(&got)...)
	}
	problems = append(problems, diffResults(want, got)...)
	p.leftover = p.leftover && want.code != 0
	if !p.leftover {
		more, err := p.diffBinaries(p.gust)
		if err != nil {
			return false, nil, err
		}
		problems = append(problems, more...)
	}
	more, err := p.diffCaches(flags)
	return want.code == 0, append(problems, more...), err
}

// takeEvents removes gust's events from its output and counts what they say.
// A warning is a problem: nothing in these tests gives reason for one.
func (p *pair) takeEvents(r *result) (problems []string) {
	var rest strings.Builder
	summaries := 0
	for line := range strings.Lines(r.stdout) {
		var ev struct {
			V                          int
			Type, Text                 string
			Compiled, Reused, Relinked int
			Current, Direct            bool
		}
		if json.Unmarshal([]byte(line), &ev) != nil || ev.V == 0 {
			rest.WriteString(line)
			continue
		}
		switch ev.Type {
		case "build.summary":
			summaries++
			p.stat.compiled += ev.Compiled
			p.stat.reused += ev.Reused
			p.stat.relinked += ev.Relinked
			if ev.Current {
				p.stat.current++
			}
			if ev.Direct {
				p.stat.direct++
			}
		case "warning", "error":
			problems = append(problems, "gust reports: "+strings.TrimSpace(line))
		}
	}
	r.stdout = rest.String()
	if summaries != 1 {
		problems = append(problems, fmt.Sprintf("gust printed %d build.summary events, want 1", summaries))
	}
	return problems
}

// diffResults compares what the user of the two commands sees.
func diffResults(want, got result) (problems []string) {
	if want.code != got.code {
		problems = append(problems, fmt.Sprintf("exit code %d, want %d", got.code, want.code))
	}
	if w, g := blocks(want.stdout), blocks(got.stdout); w != g {
		problems = append(problems, fmt.Sprintf("stdout differs\n--- go\n%s\n+++ gust\n%s", w, g))
	}
	if w, g := blocks(want.stderr), blocks(got.stderr); w != g {
		problems = append(problems, fmt.Sprintf("stderr differs\n--- go\n%s\n+++ gust\n%s", w, g))
	}
	return problems
}

// blocks sorts output by package: cmd/go prints packages as they finish, in
// an order that changes from one run to the next.
func blocks(out string) string {
	var list []string
	for line := range strings.Lines(out) {
		if len(list) == 0 || strings.HasPrefix(line, "# ") {
			list = append(list, "")
		}
		list[len(list)-1] += line
	}
	sort.Strings(list)
	return strings.Join(list, "")
}

// diffBinaries compares the binaries of sd with those of go, and what they
// print.
func (p *pair) diffBinaries(sd side) (problems []string, err error) {
	names, err := union(p.go_.out, sd.out)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		a, b := filepath.Join(p.go_.out, name), filepath.Join(sd.out, name)
		x, errA := buildid.Blank(a)
		y, errB := buildid.Blank(b)
		switch {
		case errors.Is(errA, fs.ErrNotExist):
			problems = append(problems, fmt.Sprintf("%s built %s, go did not", sd.name, name))
			continue
		case errors.Is(errB, fs.ErrNotExist):
			problems = append(problems, fmt.Sprintf("go built %s, %s did not", name, sd.name))
			continue
		case errA != nil || errB != nil:
			return nil, errors.Join(errA, errB)
		}
		same := bytes.Equal(x, y)
		if !same && !p.relaxed {
			problems = append(problems, fmt.Sprintf("%s differs between go (%d bytes) and %s (%d bytes)",
				name, len(x), sd.name, len(y)))
		}
		if p.noRun || same && !p.relaxed && sd.name != "gust" {
			continue
		}
		more, err := p.diffOutput(name, a, b)
		if err != nil {
			return nil, err
		}
		problems = append(problems, more...)
	}
	return problems, nil
}

// union returns the sorted names of the files in two directories.
func union(dirs ...string) ([]string, error) {
	set := map[string]bool{}
	for _, dir := range dirs {
		ents, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range ents {
			set[e.Name()] = true
		}
	}
	var names []string
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	return names, nil
}

// diffOutput runs two programs.
func (p *pair) diffOutput(name, a, b string) (problems []string, err error) {
	want, err := execute(p.root, p.go_.env, []string{a}, time.Minute)
	if err != nil {
		return nil, err
	}
	got, err := execute(p.root, p.go_.env, []string{b}, time.Minute)
	if err != nil {
		return nil, err
	}
	for _, r := range []*result{&want, &got} {
		// Stack traces hold addresses, and line numbers that relaxed may keep.
		r.stderr, _, _ = strings.Cut(r.stderr, "\ngoroutine ")
	}
	for _, d := range diffResults(want, got) {
		problems = append(problems, "program "+name+": "+d)
	}
	return problems, nil
}

// diffCaches compares the archives in gust's caches with go's. What plain go
// would find in the user's cache is held to the same in relaxed mode.
func (p *pair) diffCaches(flags []string) (problems []string, err error) {
	var byAction map[string]string
	name := func(action string) string {
		if byAction == nil {
			byAction = p.packages(flags)
		}
		if name := byAction[short(action)]; name != "" {
			return name
		}
		return "a package as it was before (action " + short(action) + ")"
	}
	dirs := []string{p.gust.cache}
	if !p.skipArchives && !p.relaxed {
		dirs = append(dirs, p.gustCache)
	}
	for _, dir := range dirs {
		both, more, err := p.caches.compare(p.go_.cache, dir, name)
		if err != nil {
			return nil, err
		}
		if dir == p.gustCache {
			p.stat.archives = max(p.stat.archives, both)
		}
		problems = append(problems, more...)
	}
	return problems, nil
}

// packages names the packages behind the actions of the present sources.
func (p *pair) packages(flags []string) map[string]string {
	args := append([]string{"go", "list", "-e", "-export", "-deps", "-f", "{{.ImportPath}} {{.BuildID}}"}, flags...)
	r, err := execute(p.src, p.go_.env, append(args, p.pkgs...), 30*time.Minute)
	names := map[string]string{}
	if err != nil {
		return names
	}
	for line := range strings.Lines(r.stdout) {
		if path, id, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			action, _, _ := strings.Cut(id, "/")
			names[action] = path
		}
	}
	return names
}

// plainGo checks that a go command that uses the user's cache after gust has
// used it, and finds gust's binaries in place, leaves what go makes.
func (p *pair) plainGo(flags ...string) (problems []string, err error) {
	want, err := p.build(p.go_, flags...)
	if err != nil {
		return nil, err
	}
	got, err := p.build(p.plain, flags...)
	if err != nil {
		return nil, err
	}
	problems = diffResults(want, got)
	if want.code != 0 {
		return problems, nil
	}
	relaxed := p.relaxed
	p.relaxed = false
	defer func() { p.relaxed = relaxed }()
	more, err := p.diffBinaries(p.plain)
	return append(problems, more...), err
}
