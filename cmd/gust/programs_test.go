package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/remote"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/testcache"
)

// linkCases are builds of which each makes another kind of program.
var linkCases = []struct {
	name   string
	flags  []string
	env    []string
	source string
	// alone are those of which the linker asks the host.
	alone bool
	// more are those that are much like others.
	more bool
}{
	{name: "plain", env: []string{"CGO_ENABLED=0"}},
	{name: "cgo", source: usesCgo},
	{name: "cgo of its own", source: cgoSource, alone: true},
	{name: "trimpath", flags: []string{"-trimpath"}, env: []string{"CGO_ENABLED=0"}, more: true},
	{name: "X", flags: []string{"-trimpath", "-ldflags=-X main.version=1.2.3 -X 'main.words=two words'"}, env: []string{"CGO_ENABLED=0"}},
	{name: "stripped", flags: []string{"-trimpath", "-ldflags=-s -w -extldflags '-static'"}, env: []string{"CGO_ENABLED=0"}, more: true},
	{name: "pie", flags: []string{"-buildmode=pie"}, env: []string{"CGO_ENABLED=0"}, more: true},
	{name: "cgo pie", flags: []string{"-buildmode=pie", "-trimpath"}, source: usesCgo, more: true},
	{name: "race", flags: []string{"-race"}, alone: true},
	{name: "external", flags: []string{"-ldflags=-linkmode=external"}, source: usesCgo, alone: true},
	{name: "external by a variable", env: []string{"GO_EXTLINK_ENABLED=1"}, source: usesCgo, alone: true, more: true},
	{name: "other linker flags", flags: []string{"-ldflags=-tmpdir=."}, env: []string{"CGO_ENABLED=0"}, alone: true, more: true},
	{name: "library", flags: []string{"-buildmode=c-shared"}, source: usesCgo, alone: true, more: true},
	{name: "stamped", flags: []string{"-buildvcs=true"}, env: []string{"CGO_ENABLED=0"}},
	{name: "for another system", env: []string{"GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0"}, more: true},
	{name: "go1.24", env: []string{"GOTOOLCHAIN=" + testedGo[0], "CGO_ENABLED=0"}},
	{name: "go1.25", env: []string{"GOTOOLCHAIN=" + testedGo[1]}, source: usesCgo, more: true},
	{name: "go1.27", env: []string{"GOTOOLCHAIN=" + testedGo[2]}, source: usesCgo, more: true},
}

const (
	usesNothing = "package main\n\nvar version, words string\n\nfunc main() { println(version, words) }\n"
	usesCgo     = "package main\n\nimport \"os/user\"\n\nfunc main() { u, err := user.Current(); println(u, err) }\n"
	cgoSource   = "package main\n\n// static int one(void) { return 1; }\nimport \"C\"\n\nfunc main() { println(C.one()) }\n"
)

// TestPrograms has machines share programs, which must be what go build makes, byte
// for byte, and those alone that do not depend on the host. GUST_PROGRAMS=all links in
// more ways, for which the standard library is compiled once more each.
func TestPrograms(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("which links need the host's tools is known for Linux")
	}
	if testing.Short() {
		t.Skip("compiles the standard library for several platforms")
	}
	t.Parallel()
	for _, c := range linkCases {
		if c.more && os.Getenv("GUST_PROGRAMS") != "all" {
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if strings.HasPrefix(c.name, "go1.") && os.Getenv("CI") == "" && !hasGo(strings.TrimPrefix(c.env[0], "GOTOOLCHAIN=")) {
				t.Skip("that release cannot be had")
			}
			if c.source == "" {
				c.source = usesNothing
			}
			dir := t.TempDir()
			writeProgram(t, dir, c.source)
			if c.name == "stamped" {
				commit(t, dir, dir)
			}
			p := newLinked(t, dir, c.flags, c.env)
			p.check("fill", p.sign, 1, 0)
			want := 1
			if c.alone {
				want = 0
			}
			p.check("another machine", p.verify, 1-want, want)

			// At another path it is the same program only where go says so.
			p.dir = filepath.Join(t.TempDir(), "elsewhere")
			writeProgram(t, p.dir, c.source)
			if c.name == "stamped" {
				commit(t, dir, p.dir)
			}
			p.plain = p.goBuild(p.cache)
			if !slices.Contains(c.flags, "-trimpath") {
				want = 0
			}
			p.check("another path", p.verify, 1-want, want)
			if c.name != "plain" {
				return
			}
			p.dir = dir
			p.plain = p.goBuild(p.cache)
			p.otherwise()
			p.poisoned()
		})
	}
}

func hasGo(version string) bool {
	cmd := exec.Command("go", "version")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+version)
	return cmd.Run() == nil
}

func writeProgram(t *testing.T, dir, source string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	test := "package main\n\nimport \"testing\"\n\nfunc TestIt(t *testing.T) { t.Log(1) }\n"
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": source, "main_test.go": test} {
		write(t, filepath.Join(dir, name), text)
	}
}

// commit makes a repository of a directory, or a clone of that of another one.
func commit(t *testing.T, from, dir string) {
	t.Helper()
	commands := [][]string{
		{"init", "-q"}, {"add", "."}, {"-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "-m", "first"}, {"tag", "v1.2.3"},
	}
	if from != dir {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		commands = [][]string{{"clone", "-q", from, dir}}
	}
	for _, args := range commands {
		cmd := exec.Command("git", args...)
		if cmd.Dir = dir; from != dir {
			cmd.Dir = from
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
}

// linked is a program, and a server for it.
type linked struct {
	t          *testing.T
	dir, cache string // a warm one
	flags, env []string
	plain      []byte
	mode       os.FileMode
	server     *httptest.Server
	keeper     *keeper
	slow       *slowPrograms

	sign, verify string
}

func newLinked(t *testing.T, dir string, flags, env []string) *linked {
	p := &linked{t: t, dir: dir, cache: filepath.Join(t.TempDir(), "go"), flags: flags, env: env, keeper: &keeper{all: map[string][]byte{}}}
	p.warm()
	p.plain = p.goBuild(p.cache)
	p.slow = &slowPrograms{Handler: p.keeper}
	p.server = httptest.NewServer(p.slow)
	t.Cleanup(p.server.Close)
	var err error
	if p.sign, p.verify, err = remote.NewKey(); err != nil {
		t.Fatal(err)
	}
	return p
}

// warm begins with the packages that every program needs, compiled once for all that
// are compiled the same way.
func (p *linked) warm() {
	var env, flags []string
	for _, kv := range p.env {
		if name, _, _ := strings.Cut(kv, "="); name != "GO_EXTLINK_ENABLED" {
			env = append(env, kv)
		}
	}
	for _, f := range p.flags {
		if !strings.HasPrefix(f, "-ldflags") && f != "-buildvcs=true" && f != "-trimpath" {
			flags = append(flags, f)
		}
	}
	if len(flags) == 0 {
		flags = []string{"small"}
	}
	one, err := warmCaches.get("program " + strings.Join(append(env, flags...), " "))
	if err == nil {
		one.once.Do(func() { one.err = one.make(env, flags) })
		err = one.err
	}
	if err == nil {
		err = testcache.Link(filepath.Join(one.dir, "cache"), p.cache)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *linked) environ(cache string) []string {
	env := append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOENV=off", "GOCACHEPROG=", "GOCACHE="+cache)
	return append(env, p.env...)
}

func (p *linked) goBuild(cache string) []byte {
	p.t.Helper()
	out := filepath.Join(p.t.TempDir(), "program")
	cmd := exec.Command("go", append(append([]string{"build"}, p.flags...), "-o", out, ".")...)
	cmd.Dir, cmd.Env = p.dir, p.environ(cache)
	if said, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("%q: %v\n%s", cmd.Args, err, said)
	}
	info, err := os.Stat(out)
	if err != nil {
		p.t.Fatal(err)
	}
	p.mode = info.Mode()
	return read(p.t, out)
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// gust runs a command of gust's on a machine that has all packages and no program.
func (p *linked) gust(what, key, verb string, args []string, env ...string) (out string, sum event.BuildSummary, said string) {
	p.t.Helper()
	cache := filepath.Join(p.t.TempDir(), "cache")
	if err := testcache.Link(p.cache, cache); err != nil {
		p.t.Fatal(err)
	}
	out = filepath.Join(p.t.TempDir(), "program")
	cmd := exec.Command("gust", append(append([]string{verb, "--json"}, args...), "-o", out, ".")...)
	cmd.Dir = p.dir
	cmd.Env = append(p.environ(cache), "GUST_CACHE="+cache+".gust", "GUST_REMOTE_CACHE="+p.server.URL, "GUST_REMOTE_CACHE_KEY="+key)
	cmd.Env = append(cmd.Env, env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil || strings.Contains(stderr.String(), "bug in gust") {
		p.t.Fatalf("%s: %v\n%s%s", what, err, &stdout, &stderr)
	}
	for line := range strings.Lines(stdout.String()) {
		if strings.Contains(line, `"type":"build.summary"`) {
			if err := json.Unmarshal([]byte(line), &sum); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	if sum.Remote == nil {
		sum.Remote = &event.BuildRemote{}
	}
	return out, sum, stderr.String()
}

// check builds, and wants so many runs of the linker and programs of others, or
// whatever there are if links is -1.
func (p *linked) check(what, key string, links int, programs int, env ...string) (said string) {
	p.t.Helper()
	out, sum, said := p.gust(what, key, "build", p.flags, env...)
	if !bytes.Equal(read(p.t, out), p.plain) {
		p.t.Errorf("%s: another program than go's\n%s", what, said)
	}
	info, err := os.Stat(out)
	if err != nil {
		p.t.Fatal(err)
	}
	if info.Mode() != p.mode {
		p.t.Errorf("%s: the program has the mode %v, go's %v", what, info.Mode(), p.mode)
	}
	if links < 0 {
		return said
	}
	if sum.Linked != links || sum.Remote.Programs != int64(programs) {
		p.t.Errorf("%s: %d links and %d programs of others, want %d and %d\n%s", what, sum.Linked, sum.Remote.Programs, links, programs, said)
	}
	return said
}

// otherwise does without, where that is wanted.
func (p *linked) otherwise() {
	p.check("off", p.verify, 1, 0, "GUST_REMOTE_CACHE_LINKS=off")
	p.check("no reuse", p.verify, 1, 0, "GUST_NO_REUSE=1")
	p.check("all", p.verify, 0, 1, "GUST_REMOTE_CACHE_LINKS=all")
	p.check("verified", p.verify, 0, 1, "GUST_VERIFY=1")
	toml := filepath.Join(p.dir, "gust.toml")
	write(p.t, toml, "[remote-cache]\nlinks = \"off\"\n")
	p.check("off in gust.toml", p.verify, 1, 0, "GUST_REMOTE_CACHE_LINKS=all")
	if err := os.Remove(toml); err != nil {
		p.t.Fatal(err)
	}
	if said := p.check("no such kind", p.verify, 1, 0, "GUST_REMOTE_CACHE_LINKS=some"); !strings.Contains(said, `GUST_REMOTE_CACHE_LINKS: "some" is none of`) {
		p.t.Errorf("no such kind: %s", said)
	}
	if _, sum, said := p.gust("relaxed lines", p.verify, "build", p.flags, "GUST_LINES=relaxed"); sum.Remote.Programs != 0 || sum.Linked != 1 {
		p.t.Errorf("an exact program comes out of a relaxed build\n%s", said) // which would find it current
	}

	// A server that does not come to an end with it has no say.
	p.slow.pause = make(chan struct{})
	p.check("a server that stops", p.verify, 1, 0)
	close(p.slow.pause)
	p.slow.pause = nil
	p.slow.delay = 700 * time.Millisecond // the linker begins meanwhile, and may or may not be first
	p.check("a slow server", p.verify, -1, 0)
	p.slow.delay = 0

	// Test binaries are shared on request.
	plain, sum, _ := p.gust("test -c", p.sign, "test", []string{"-c"})
	if sum.Linked != 1 {
		p.t.Errorf("test -c: %d links", sum.Linked)
	}
	for _, want := range []int{0, 1} {
		out, sum, said := p.gust("test -c with all", p.sign, "test", []string{"-c"}, "GUST_REMOTE_CACHE_LINKS=all")
		if !bytes.Equal(read(p.t, out), read(p.t, plain)) || sum.Linked != 1-want || sum.Remote.Programs != int64(want) {
			p.t.Errorf("test -c with all: %d links and %d programs of others, want %d; same: %t\n%s", sum.Linked, sum.Remote.Programs, want, bytes.Equal(read(p.t, out), read(p.t, plain)), said)
		}
	}
}

// poisoned has the server tell lies.
func (p *linked) poisoned() {
	entry, content := p.program()
	bad := []byte(strings.Repeat("poison", 1000))
	keep := p.keeper.copy()
	stranger, _, err := remote.NewKey()
	if err != nil {
		p.t.Fatal(err)
	}
	for name, change := range map[string]func(all map[string][]byte){
		"another content": func(all map[string][]byte) { all[content] = bad },
		"one bit":         func(all map[string][]byte) { all[content][len(all[content])/2] ^= 1 },
		"cut off":         func(all map[string][]byte) { all[content] = all[content][:len(all[content])/2] },
		"longer":          func(all map[string][]byte) { all[content] = append(all[content], 0) },
		"no content":      func(all map[string][]byte) { delete(all, content) },
		"an entry that is altered": func(all map[string][]byte) {
			sum := fmt.Appendf(nil, "%x", sha256.Sum256(bad))
			all["/cas/"+string(sum)] = bad
			all[entry] = bytes.ReplaceAll(all[entry], []byte(filepath.Base(content)), sum)
		},
		"an entry of something else": func(all map[string][]byte) {
			for other, b := range all {
				if strings.HasPrefix(other, "/ac/") && other != entry {
					all[entry] = bytes.Clone(b)
					return
				}
			}
		},
		"an entry that is not signed": func(all map[string][]byte) { all[entry] = all[entry][:len(all[entry])/2] },
	} {
		p.keeper.set(keep)
		change(p.keeper.all)
		if said := p.check(name, p.verify, 1, 0); name != "no content" && strings.Count(said, "warning") != 1 {
			p.t.Errorf("%s: %s", name, said)
		}
	}
	// What somebody has signed with another key is nobody's word; who may write mends it.
	p.keeper.set(map[string][]byte{})
	p.check("fill with another key", stranger, 1, 0)
	p.check("an entry of a stranger", p.verify, 1, 0)
	p.check("mend", p.sign, 1, 0)
	p.check("mended", p.verify, 0, 1)
}

// program finds the program that is on the server.
func (p *linked) program() (entry, content string) {
	p.t.Helper()
	for name, b := range p.keeper.all {
		if strings.HasPrefix(name, "/cas/") && len(b) == len(p.plain) {
			content = name
		}
	}
	for name, b := range p.keeper.all {
		if content != "" && strings.HasPrefix(name, "/ac/") && bytes.Contains(b, []byte(filepath.Base(content))) {
			entry = name
		}
	}
	if entry == "" {
		p.t.Fatal("the program is not on the server")
	}
	return entry, content
}

// slowPrograms takes its time with what is large.
type slowPrograms struct {
	http.Handler
	pause chan struct{} // for the second half, until it is closed
	delay time.Duration
}

func (s *slowPrograms) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet || s.pause == nil && s.delay == 0 {
		s.Handler.ServeHTTP(w, r)
		return
	}
	rec := httptest.NewRecorder()
	s.Handler.ServeHTTP(rec, r)
	body := rec.Body.Bytes()
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(rec.Code)
	if len(body) < 1<<20 {
		_, _ = w.Write(body)
		return
	}
	_, _ = w.Write(body[:len(body)/2])
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
	if s.pause != nil {
		select {
		case <-s.pause:
		case <-r.Context().Done():
		}
	}
	time.Sleep(s.delay)
	_, _ = w.Write(body[len(body)/2:])
}
