package difftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/astcache"
	"github.com/gust-go/gust/internal/buildid"
)

// A bench holds a module that is changed step by step. After each step gust
// says whether its program is current, and go builds for comparison.
type bench struct {
	t   *testing.T
	box *sandbox
	// dir is where the commands run, env is added to their environment.
	dir string
	env []string
	// args follow the verb; OUT stands for the side's output directory.
	args []string
	// direct says whether gust's last build did without go, though not current.
	direct bool
}

// A step is a change and what gust must say of it.
type step struct {
	name    string
	change  func(*bench)
	current bool
	// undo is for changes that would be in the way of later steps.
	undo func(*bench)
}

var currentModule = map[string]string{
	"go.mod":           "module example.test/cur\n\ngo 1.24\n\nrequire example.test/dep v0.0.0\n\nreplace example.test/dep => ./dep\n",
	"dep/go.mod":       "module example.test/dep\n\ngo 1.24\n",
	"dep/dep.go":       "package dep\n\nfunc Name() string { return \"dep\" }\n",
	"cmd/app/main.go":  "package main\n\nimport (\n\t\"example.test/cur/lib\"\n\t\"example.test/dep\"\n)\n\nfunc main() {\n\tprintln(lib.Text(), dep.Name())\n}\n",
	"cmd/two/main.go":  "package main\n\nfunc main() { println(2) }\n",
	"lib/lib.go":       "// Package lib is one.\npackage lib\n\nimport _ \"embed\"\n\n//go:embed data.txt\nvar data string\n\n// Text is what it is.\nfunc Text() string {\n\treturn data + pages() // here\n}\n",
	"lib/pages.go":     "package lib\n\nimport \"embed\"\n\n//go:embed tmpl/*.html\nvar files embed.FS\n\nfunc pages() string {\n\tb, _ := files.ReadFile(\"tmpl/a.html\")\n\treturn string(b)\n}\n",
	"lib/data.txt":     "data\n",
	"lib/tmpl/a.html":  "<a>\n",
	"lib/lib_test.go":  "package lib\n\nimport \"testing\"\n\nfunc TestText(t *testing.T) { Text() }\n",
	"lib/x_test.go":    "package lib_test\n",
	"lib/other_js.go":  "package lib\n\nfunc other() {}\n",
	"lib/tagged.go":    "//go:build extra\n\npackage lib\n\nfunc init() { println(\"extra\") }\n",
	"lib/asm.s":        "// nothing\n",
	"lib/notes.md":     "notes\n",
	"docs/readme.md":   "docs\n",
	"deep/er/pkg/p.go": "package pkg\n",
}

func newBench(t *testing.T, files map[string]string) *bench {
	t.Helper()
	if !astcache.Supported {
		t.Skip("gust cannot tell current builds on this system")
	}
	box := newSandbox(t, mustWarm(t), []string{mustGust(t)})
	b := &bench{t: t, box: box, dir: box.src, args: []string{"-buildvcs=false", "-o", "OUT", "./cmd/app"}}
	for name, text := range files {
		b.write(name, text)
	}
	// What was written within a tick before the first build is not trusted.
	time.Sleep(30 * time.Millisecond)
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.box.src, filepath.FromSlash(name)) }

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	b.must(os.MkdirAll(filepath.Dir(b.path(name)), 0o777))
	b.must(os.WriteFile(b.path(name), []byte(text), 0o666))
}

func (b *bench) read(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	b.must(err)
	return string(text)
}

// sub replaces the one place where old stands in a file.
func (b *bench) sub(name, old, now string) {
	b.t.Helper()
	text := b.read(name)
	if strings.Count(text, old) != 1 {
		b.t.Fatalf("%q does not stand once in %s:\n%s", old, name, text)
	}
	b.write(name, strings.Replace(text, old, now, 1))
}

func (b *bench) remove(name string) { b.t.Helper(); b.must(os.RemoveAll(b.path(name))) }

// output is gust's program.
func (b *bench) output(name string) string { return filepath.Join(b.box.gust.out, name) }

// build runs a side. stale is what gust gives as the reason for asking go.
func (b *bench) build(sd side, verb string, own ...string) (r result, current bool, stale string) {
	b.t.Helper()
	args := append(sd.argv[:len(sd.argv):len(sd.argv)], verb)
	args = append(args, own...)
	for _, arg := range b.args {
		args = append(args, strings.Replace(arg, "OUT", sd.out+"/", 1))
	}
	env := append(sd.env[:len(sd.env):len(sd.env)], "GOBIN="+sd.out)
	r, err := execute(b.dir, append(env, b.env...), args, 5*time.Minute)
	b.must(err)
	var rest strings.Builder
	for line := range strings.Lines(r.stdout) {
		var e struct {
			V             int
			Type, Stale   string
			Current       bool
			Direct        bool
			Compiled      int
			Linked, Reuse int
		}
		if json.Unmarshal([]byte(line), &e) != nil || e.V == 0 {
			rest.WriteString(line)
		} else if e.Type == "build.summary" {
			current, stale, b.direct = e.Current, e.Stale, e.Direct
		}
	}
	r.stdout = rest.String()
	r.stderr = strings.ReplaceAll(r.stderr, sd.out, "OUT")
	return r, current, stale
}

// prime builds until gust says that its program is current. What is written in
// the same tick of the clock as a look at it may take a build more.
func (b *bench) prime(verb string) {
	b.t.Helper()
	why := ""
	for range 3 {
		r, current, stale := b.build(b.box.gust, verb, "--json")
		if r.code != 0 {
			b.t.Fatalf("gust %s: exit code %d\n%s", verb, r.code, r.stderr)
		}
		if current {
			return
		}
		why = stale
	}
	b.t.Fatalf("gust never finds the build current: %s", why)
}

// agree builds with both and compares everything that go leaves.
func (b *bench) agree(verb string, wantCurrent bool) {
	b.t.Helper()
	got, current, stale := b.build(b.box.gust, verb, "--json")
	want, _, _ := b.build(b.box.go_, verb)
	if current != wantCurrent {
		b.t.Errorf("current: %v, want %v (%s)", current, wantCurrent, stale)
	}
	for _, problem := range diffResults(want, got) {
		b.t.Error(problem)
	}
	if want.code != 0 {
		return
	}
	names, err := union(b.box.go_.out, b.box.gust.out)
	b.must(err)
	for _, name := range names {
		x, errX := buildid.Blank(filepath.Join(b.box.go_.out, name))
		y, errY := buildid.Blank(b.output(name))
		if err := errors.Join(errX, errY); err != nil {
			b.t.Error(err)
		} else if !bytes.Equal(x, y) {
			b.t.Errorf("%s differs between go and gust", name)
		}
	}
}

// run goes through steps.
func (b *bench) run(verb string, steps []step) {
	b.t.Helper()
	t := b.t
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			b.t = t
			b.prime(verb)
			s.change(b)
			b.agree(verb, s.current)
			if s.undo != nil {
				s.undo(b)
			}
		})
	}
	b.t = t
}
