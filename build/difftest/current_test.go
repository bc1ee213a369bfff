package difftest

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
			Compiled      int
			Linked, Reuse int
		}
		if json.Unmarshal([]byte(line), &e) != nil || e.V == 0 {
			rest.WriteString(line)
		} else if e.Type == "build.summary" {
			current, stale = e.Current, e.Stale
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

func TestDoesNotMatter(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	touch := func(name string) {
		now := time.Now()
		b.must(os.Chtimes(b.path(name), now, now))
	}
	b.run("build", []step{
		{name: "nothing", change: func(b *bench) {}, current: true},
		{name: "comment at the end of a line", change: func(b *bench) { b.sub("lib/lib.go", "// here", "// there, and more") }, current: true},
		{name: "doc comment", change: func(b *bench) { b.sub("lib/lib.go", "// Text is what it is.", "// Text is something else.") }, current: true},
		{name: "package comment", change: func(b *bench) { b.sub("lib/lib.go", "is one.", "is the one.") }, current: true},
		{name: "comment gone", change: func(b *bench) { b.sub("lib/lib.go", " // there, and more", "") }, current: true},
		{name: "spaces", change: func(b *bench) { b.sub("lib/lib.go", "return data + pages()", "return  data  +pages()") }, current: true},
		{name: "tabs to spaces", change: func(b *bench) { b.sub("cmd/app/main.go", "\tprintln", "        println") }, current: true},
		{name: "main package", change: func(b *bench) { b.sub("cmd/app/main.go", "dep.Name())", "dep.Name()) // bye") }, current: true},
		{name: "replaced module", change: func(b *bench) { b.sub("dep/dep.go", "package dep", "package dep // one") }, current: true},
		{name: "CRLF", change: func(b *bench) { b.write("dep/dep.go", strings.ReplaceAll(b.read("dep/dep.go"), "\n", "\r\n")) }, current: true},
		{name: "touched", change: func(b *bench) { touch("lib/lib.go"); touch("go.mod"); touch("lib/data.txt") }, current: true},
		{name: "saved by renaming", change: func(b *bench) {
			b.write("lib/tmp", b.read("lib/lib.go"))
			b.must(os.Rename(b.path("lib/tmp"), b.path("lib/lib.go")))
		}, current: true},
		{name: "mode", change: func(b *bench) { b.must(os.Chmod(b.path("lib/lib.go"), 0o600)) }, current: true},
		{name: "link count", change: func(b *bench) { b.must(os.Link(b.path("lib/lib.go"), filepath.Join(b.box.root, "link"))) }, current: true},
		{name: "test", change: func(b *bench) { b.sub("lib/lib_test.go", "Text()", "t.Log(Text())") }, current: true},
		{name: "import of a test", change: func(b *bench) {
			b.sub("lib/lib_test.go", "import \"testing\"", "import (\n\t_ \"os\"\n\t\"testing\"\n)")
		}, current: true},
		{name: "external test", change: func(b *bench) { b.sub("lib/x_test.go", "lib_test\n", "lib_test\n\nvar X = 1\n") }, current: true},
		{name: "test that does not compile", change: func(b *bench) { b.write("lib/lib_test.go", "package lib\n\nfunc (\n") }, current: true},
		{name: "other GOOS", change: func(b *bench) { b.sub("lib/other_js.go", "func other() {}", "func other() int { return 1 }") }, current: true},
		{name: "behind a tag", change: func(b *bench) { b.sub("lib/tagged.go", "extra\")", "extras\")") }, current: true},
		{name: "notes in a package", change: func(b *bench) { b.write("lib/notes.md", "more\n") }, current: true},
		{name: "new notes in a package", change: func(b *bench) { b.write("lib/new.md", "new\n") }, current: true},
		{name: "hidden and ignored names", change: func(b *bench) { b.write("lib/.#lib.go", "x"); b.write("lib/_x.go", "x") }, current: true},
		{name: "docs", change: func(b *bench) { b.write("docs/readme.md", "more\n") }, current: true},
		{name: "package that is not built", change: func(b *bench) { b.sub("deep/er/pkg/p.go", "pkg", "pkg\n\nvar X = y") }, current: true},
		{name: "new package", change: func(b *bench) { b.write("fresh/f.go", "package fresh\n") }, current: true},
		{name: "variables that go does not read", change: func(b *bench) { b.env = append(b.env, "EDITOR=ed", "TERM=dumb") }, current: true},
		{name: "change and back", change: func(b *bench) {
			text := b.read("lib/lib.go")
			b.write("lib/lib.go", "package lib\n")
			b.write("lib/lib.go", text)
		}, current: true},
		{name: "failing build and back", change: func(b *bench) {
			text := b.read("lib/lib.go")
			b.write("lib/lib.go", text+"func broken() { undefined() }\n")
			b.agree("build", false)
			b.write("lib/lib.go", text)
		}, current: true},
	})
}

func TestMatters(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	b.run("build", []step{
		{name: "code", change: func(b *bench) { b.sub("cmd/app/main.go", "lib.Text()", "1, lib.Text()") }},
		{name: "line moved", change: func(b *bench) { b.sub("lib/lib.go", "func Text", "\nfunc Text") }},
		{name: "comment that moves a line", change: func(b *bench) { b.sub("lib/lib.go", "// Text is", "// Of course:\n// Text is") }},
		{name: "same size, same time", change: func(b *bench) {
			info, err := os.Stat(b.path("cmd/app/main.go"))
			b.must(err)
			b.sub("cmd/app/main.go", "println(1,", "println(2,")
			b.must(os.Chtimes(b.path("cmd/app/main.go"), info.ModTime(), info.ModTime()))
		}},
		{name: "time set back", change: func(b *bench) {
			b.sub("cmd/app/main.go", "println(2,", "println(3,")
			old := time.Now().Add(-24 * time.Hour)
			b.must(os.Chtimes(b.path("cmd/app/main.go"), old, old))
		}},
		{name: "time in the future", change: func(b *bench) {
			b.sub("cmd/app/main.go", "println(3,", "println(4,")
			soon := time.Now().Add(time.Hour)
			b.must(os.Chtimes(b.path("cmd/app/main.go"), soon, soon))
		}},
		{name: "again in the future", change: func(b *bench) {
			info, err := os.Stat(b.path("cmd/app/main.go"))
			b.must(err)
			b.sub("cmd/app/main.go", "println(4,", "println(5,")
			b.must(os.Chtimes(b.path("cmd/app/main.go"), info.ModTime(), info.ModTime()))
		}},
		{name: "embedded file", change: func(b *bench) { b.write("lib/data.txt", "datum\n") }},
		{name: "embed match changed", change: func(b *bench) { b.write("lib/tmpl/a.html", "<b>\n") }},
		{name: "embed match added", change: func(b *bench) { b.write("lib/tmpl/b.html", "<b>\n") }},
		{name: "embed match removed", change: func(b *bench) { b.remove("lib/tmpl/b.html") }},
		{name: "embed pattern", change: func(b *bench) { b.sub("lib/pages.go", "tmpl/*.html", "tmpl/*.*") }},
		{name: "new file", change: func(b *bench) { b.write("lib/init.go", "package lib\n\nfunc init() { println(1) }\n") }},
		{name: "deleted file", change: func(b *bench) { b.remove("lib/init.go") }},
		{name: "new file of another package", change: func(b *bench) { b.write("lib/odd.go", "package odd\n") },
			undo: func(b *bench) { b.remove("lib/odd.go") }},
		{name: "new test of another package", change: func(b *bench) { b.write("lib/odd_test.go", "package odd\n") },
			undo: func(b *bench) { b.remove("lib/odd_test.go") }},
		{name: "test changes package", change: func(b *bench) { b.write("lib/x_test.go", "package odd\n") },
			undo: func(b *bench) { b.write("lib/x_test.go", "package lib_test\n") }},
		{name: "empty test", change: func(b *bench) { b.write("lib/x_test.go", "") },
			undo: func(b *bench) { b.write("lib/x_test.go", "package lib_test\n") }},
		{name: "constraint of an ignored file", change: func(b *bench) { b.sub("lib/tagged.go", "go:build extra", "go:build !extra") }},
		{name: "constraint of a file", change: func(b *bench) { b.sub("lib/tagged.go", "go:build !extra", "go:build extra") }},
		{name: "directive", change: func(b *bench) { b.sub("cmd/app/main.go", "func main", "//go:noinline\nfunc main") }},
		{name: "comment becomes a directive", change: func(b *bench) { b.sub("cmd/app/main.go", "//go:noinline", "// go:noinline") }},
		{name: "go:debug", change: func(b *bench) { b.sub("cmd/app/main.go", "package main\n\n", "//go:debug panicnil=1\npackage main\n") }},
		{name: "known import", change: func(b *bench) {
			b.sub("cmd/app/main.go", "import (\n", "import (\n\t_ \"embed\"\n")
		}},
		{name: "new import", change: func(b *bench) {
			b.sub("cmd/app/main.go", "import (\n", "import (\n\t_ \"example.test/cur/deep/er/pkg\"\n")
		}},
		{name: "newly imported package", change: func(b *bench) { b.write("deep/er/pkg/p.go", "package pkg\n\nfunc init() { println(7) }\n") }},
		{name: "nested go.mod above a package", change: func(b *bench) { b.write("deep/go.mod", "module example.test/deep\n") },
			undo: func(b *bench) { b.remove("deep/go.mod") }},
		{name: "nested go.mod in a package", change: func(b *bench) { b.write("lib/go.mod", "module example.test/lib\n") },
			undo: func(b *bench) { b.remove("lib/go.mod") }},
		{name: "go.mod", change: func(b *bench) { b.sub("go.mod", "go 1.24\n", "go 1.24\n\ngodebug panicnil=0\n") }},
		{name: "comment in go.mod", change: func(b *bench) { b.sub("go.mod", "module example.test/cur", "// hello\nmodule example.test/cur") }},
		{name: "go.mod that does not parse", change: func(b *bench) { b.write("go.mod", b.read("go.mod")+"nonsense (\n") },
			undo: func(b *bench) { b.sub("go.mod", "nonsense (\n", "") }},
		{name: "go.sum appears", change: func(b *bench) { b.write("go.sum", "") }},
		{name: "go.mod of a replacement", change: func(b *bench) { b.sub("dep/go.mod", "go 1.24", "go 1.23") }},
		{name: "replacement", change: func(b *bench) { b.sub("dep/dep.go", `"dep"`, `"depp"`) }},
		{name: "vendor appears", change: func(b *bench) { b.write("vendor/modules.txt", "") },
			undo: func(b *bench) { b.remove("vendor") }},
		{name: "default.pgo appears", change: func(b *bench) { b.write("cmd/app/default.pgo", "") },
			undo: func(b *bench) { b.remove("cmd/app/default.pgo") }},
		{name: "go.mod in a directory that a package could be in", change: func(b *bench) { b.write("cmd/go.mod", "module example.test/cmd\n") },
			undo: func(b *bench) { b.remove("cmd/go.mod") }},
		{name: "assembly", change: func(b *bench) { b.write("lib/asm.s", "// something\n") }},
		{name: "syntax error", change: func(b *bench) { b.write("lib/bad.go", "package lib\n\nfunc {\n") },
			undo: func(b *bench) { b.remove("lib/bad.go") }},
		{name: "syntax error in place", change: func(b *bench) { b.sub("dep/dep.go", "func Name", "func func Name") },
			undo: func(b *bench) { b.sub("dep/dep.go", "func func Name", "func Name") }},
		{name: "dangling link", change: func(b *bench) { b.must(os.Symlink("nowhere", b.path("lib/link.go"))) },
			undo: func(b *bench) { b.remove("lib/link.go") }},
		{name: "file becomes a link", change: func(b *bench) {
			b.write("docs/dep.txt", strings.Replace(b.read("dep/dep.go"), "depp", "linked", 1))
			b.remove("dep/dep.go")
			b.must(os.Symlink("../docs/dep.txt", b.path("dep/dep.go")))
		}},
		{name: "target of a link", change: func(b *bench) { b.sub("docs/dep.txt", "linked", "chained") }},
		{name: "directory replaced", change: func(b *bench) {
			b.must(os.CopyFS(b.path("dep2"), os.DirFS(b.path("dep"))))
			b.must(os.Rename(b.path("dep"), b.path("dep1")))
			b.must(os.Rename(b.path("dep2"), b.path("dep")))
			b.write("dep/more.go", "package dep\n\nfunc init() { println(9) }\n")
		}},
		{name: "directory becomes a link", change: func(b *bench) {
			b.must(os.Rename(b.path("dep"), b.path("real")))
			b.must(os.Symlink("real", b.path("dep")))
			b.sub("real/more.go", "9", "10")
		}},
		{name: "package gone", change: func(b *bench) { b.must(os.Rename(b.path("lib"), b.path("bil"))) },
			undo: func(b *bench) { b.must(os.Rename(b.path("bil"), b.path("lib"))) }},
	})
}

func TestOutputMatters(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	app := b.output("app")
	// both does the same to the programs of both sides.
	both := func(f func(app, aside string)) func(*bench) {
		return func(b *bench) {
			for _, sd := range []side{b.box.go_, b.box.gust} {
				f(filepath.Join(sd.out, "app"), filepath.Join(b.box.root, sd.name, "aside"))
			}
		}
	}
	remove := both(func(app, _ string) { b.must(os.RemoveAll(app)) })
	rebuild := func(b *bench) { remove(b); b.build(b.box.go_, "build") }
	b.run("build", []step{
		{name: "gone", change: remove},
		{name: "cut", change: both(func(app, _ string) { b.must(os.Truncate(app, 100)) })},
		{name: "replaced", change: both(func(app, _ string) {
			b.must(os.Remove(app))
			b.must(os.WriteFile(app, []byte("x"), 0o777))
		}), undo: rebuild},
		{name: "a copy put in place", change: both(func(app, aside string) {
			data, err := os.ReadFile(app)
			b.must(err)
			b.must(os.Rename(app, aside))
			b.must(os.WriteFile(app, data, 0o777))
		})},
		{name: "directory", change: both(func(app, _ string) {
			b.must(os.Remove(app))
			b.must(os.MkdirAll(filepath.Join(app, "x"), 0o777))
		}), undo: rebuild},
		{name: "link", change: both(func(app, aside string) {
			b.must(os.Rename(app, aside))
			b.must(os.Symlink(aside, app))
		}), undo: rebuild},
		{name: "mode", change: both(func(app, _ string) { b.must(os.Chmod(app, 0o600)) })},
		{name: "built with other flags", change: func(b *bench) {
			args := b.args
			b.args = append([]string{"-ldflags=-s"}, args...)
			b.build(b.box.gust, "build")
			b.args = args
		}},
		{name: "built by go with other flags", change: func(b *bench) {
			args := b.args
			b.args = append([]string{"-tags=extra"}, args...)
			b.build(side{argv: []string{"go"}, env: b.box.gust.env, out: b.box.gust.out}, "build")
			b.args = args
		}},
	})
	before, err := os.Stat(app)
	b.must(err)
	time.Sleep(20 * time.Millisecond)
	b.agree("build", true)
	after, err := os.Stat(app)
	b.must(err)
	if !after.ModTime().After(before.ModTime()) {
		t.Error("a current program is not given a new time, which go does")
	}
}

// TestWritesNothing covers builds whose result is that everything compiles.
func TestWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	b.args = []string{"-buildvcs=false", "./..."}
	b.run("build", []step{
		{name: "nothing", change: func(b *bench) {}, current: true},
		{name: "comment", change: func(b *bench) { b.sub("lib/lib.go", "// here", "// there") }, current: true},
		{name: "code", change: func(b *bench) { b.sub("deep/er/pkg/p.go", "pkg\n", "pkg\n\nvar X = 1\n") }},
		{name: "error", change: func(b *bench) { b.sub("deep/er/pkg/p.go", "= 1", "= x") },
			undo: func(b *bench) { b.sub("deep/er/pkg/p.go", "= x", "= 1") }},
		{name: "new package", change: func(b *bench) { b.write("docs/d.go", "package docs\n") }},
		{name: "new broken package", change: func(b *bench) { b.write("new/er/d.go", "package er\n\nvar X = y\n") },
			undo: func(b *bench) { b.remove("new") }},
		{name: "new file in a directory without a package", change: func(b *bench) { b.write("deep/d.go", "package deep\n\nvar X = y\n") },
			undo: func(b *bench) { b.remove("deep/d.go") }},
		{name: "nested module", change: func(b *bench) { b.write("docs/go.mod", "module example.test/docs\n") }},
		{name: "nested module gone", change: func(b *bench) { b.remove("docs/go.mod") }},
	})
	b.args = []string{"-buildvcs=false", "./cmd/app", "./cmd/two"}
	b.run("build", []step{
		{name: "several mains", change: func(b *bench) {}, current: true},
		{name: "code of one", change: func(b *bench) { b.sub("cmd/two/main.go", "2", "3") }},
	})
}

func TestInstall(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	b.args = []string{"-buildvcs=false", "./cmd/..."}
	b.run("install", []step{
		{name: "nothing", change: func(b *bench) {}, current: true},
		{name: "comment", change: func(b *bench) { b.sub("lib/lib.go", "// here", "// there") }, current: true},
		{name: "one program gone", change: func(b *bench) { b.must(os.Remove(b.output("two"))) }},
		{name: "code", change: func(b *bench) { b.sub("cmd/two/main.go", "2", "3") }},
		{name: "new program", change: func(b *bench) { b.write("cmd/three/main.go", "package main\n\nfunc main() {}\n") }},
	})
}

func TestSurroundingsMatter(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	goenv := filepath.Join(b.box.root, "goenv")
	b.env = []string{"GOENV=" + goenv, "GOWORK="}
	overlay := filepath.Join(b.box.root, "overlay.json")
	replacement := filepath.Join(b.box.root, "replacement.txt")
	base := slices.Clone(b.args)
	b.run("build", []step{
		{name: "GOFLAGS", change: func(b *bench) { b.env = append(b.env, "GOFLAGS=-tags=extra") },
			undo: func(b *bench) { b.env = b.env[:2] }},
		{name: "go env -w", change: func(b *bench) { b.must(os.WriteFile(goenv, []byte("GOFLAGS=-tags=extra\n"), 0o666)) }},
		{name: "go env -u", change: func(b *bench) { b.must(os.WriteFile(goenv, nil, 0o666)) }},
		{name: "GODEBUG", change: func(b *bench) { b.env = append(b.env, "GODEBUG=panicnil=1") }},
		{name: "flag", change: func(b *bench) { b.args = append([]string{"-ldflags=-w"}, base...) }},
		{name: "working directory", change: func(b *bench) { b.dir = b.path("lib"); b.args = replaced(base, "./cmd/app", "../cmd/app") }},
		{name: "-C", change: func(b *bench) { b.dir = b.box.root; b.args = append([]string{"-C", "src"}, base...) }},
		{name: "another working directory for -C", change: func(b *bench) {
			b.dir = b.path("lib")
			b.args = append([]string{"-C", ".."}, base...)
		}, undo: func(b *bench) { b.dir = b.box.src; b.args = base }},
		{name: "directory by another name", change: func(b *bench) {
			b.must(os.Symlink(b.box.src, filepath.Join(b.box.root, "alias")))
			b.dir = filepath.Join(b.box.root, "alias")
		}, undo: func(b *bench) { b.dir = b.box.src }},
		{name: "go.work appears above", change: func(b *bench) {
			b.must(os.WriteFile(filepath.Join(b.box.root, "go.work"), []byte("go 1.24\n\nuse ./src\n"), 0o666))
		}},
		{name: "go.work", change: func(b *bench) {
			b.must(os.WriteFile(filepath.Join(b.box.root, "go.work"), []byte("go 1.24\n\nuse (\n\t./src\n\t./src/dep\n)\n"), 0o666))
		}},
		{name: "go.work nearer", change: func(b *bench) { b.write("go.work", "go 1.24\n\nuse .\n") }},
		{name: "go.work gone", change: func(b *bench) { b.remove("go.work"); b.must(os.Remove(filepath.Join(b.box.root, "go.work"))) }},
		{name: "-overlay", change: func(b *bench) {
			text, err := json.Marshal(map[string]map[string]string{"Replace": {b.path("lib/added.go"): replacement}})
			b.must(err)
			b.must(os.WriteFile(overlay, text, 0o666))
			b.must(os.WriteFile(replacement, []byte("package lib\n\nfunc init() { println(1) }\n"), 0o666))
			b.args = append([]string{"-overlay=" + overlay}, base...)
		}},
		{name: "file of the overlay", change: func(b *bench) {
			b.must(os.WriteFile(replacement, []byte("package lib\n\nfunc init() { println(2) }\n"), 0o666))
		}},
		{name: "overlay", change: func(b *bench) { b.must(os.WriteFile(overlay, []byte("{}"), 0o666)) },
			undo: func(b *bench) { b.args = base }},
		{name: "-modfile", change: func(b *bench) {
			b.must(os.WriteFile(filepath.Join(b.box.root, "alt.mod"), []byte(b.read("go.mod")), 0o666))
			b.args = append([]string{"-modfile=../alt.mod"}, base...)
		}},
		{name: "the other go.mod", change: func(b *bench) {
			b.must(os.WriteFile(filepath.Join(b.box.root, "alt.mod"), []byte(b.read("go.mod")+"\ngodebug panicnil=1\n"), 0o666))
		}, undo: func(b *bench) { b.args = base }},
		{name: "-gcflags and a comment", change: func(b *bench) {
			b.args = append([]string{"-gcflags=-N"}, base...)
			b.prime("build")
			b.sub("lib/lib.go", "// here", "// there")
		}, undo: func(b *bench) { b.args = base }},
		{name: "what is printed is printed again", change: func(b *bench) {
			b.args = append([]string{"-gcflags=example.test/cur/lib=-m"}, base...)
			b.build(b.box.gust, "build")
		}, undo: func(b *bench) { b.args = base }},
	})
	for _, flag := range []string{"-a", "-n", "-x", "-v", "-work", "-json"} {
		b.args = append([]string{flag}, base...)
		for range 2 {
			if _, current, _ := b.build(b.box.gust, "build", "--json"); current {
				t.Errorf("with %s go is not started", flag)
			}
		}
	}
}

func replaced(list []string, old, now string) []string {
	list = slices.Clone(list)
	list[slices.Index(list, old)] = now
	return list
}

func TestVendorMatters(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	r, err := execute(b.box.src, b.box.go_.env, []string{"go", "mod", "vendor"}, time.Minute)
	b.must(err)
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	b.run("build", []step{
		{name: "comment", change: func(b *bench) {
			b.sub("vendor/example.test/dep/dep.go", "package dep", "package dep // x")
		}, current: true},
		{name: "code", change: func(b *bench) { b.sub("vendor/example.test/dep/dep.go", `"dep"`, `"vendored"`) }},
		{name: "modules.txt", change: func(b *bench) { b.sub("vendor/modules.txt", "## explicit", "## explicit ") },
			undo: func(b *bench) { b.sub("vendor/modules.txt", "## explicit ", "## explicit") }},
		{name: "what is not vendored", change: func(b *bench) { b.sub("dep/dep.go", `"dep"`, `"other"`) }, current: true},
		{name: "vendor gone", change: func(b *bench) { b.remove("vendor") }},
	})
}

// TestOtherGo puts another go in front of the one in PATH.
func TestOtherGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	real, err := exec.LookPath("go")
	b.must(err)
	front := filepath.Join(b.box.root, "front")
	b.must(os.Mkdir(front, 0o777))
	b.env = []string{"PATH=" + front + string(filepath.ListSeparator) + os.Getenv("PATH")}
	first := filepath.Join(front, "go")
	b.run("build", []step{
		{name: "link in front", change: func(b *bench) { b.must(os.Symlink(real, first)) }},
		{name: "link renewed", change: func(b *bench) { b.must(os.Remove(first)); b.must(os.Symlink(real, first)) }, current: true},
	})
	b.must(os.Remove(first))
	b.must(os.WriteFile(first, []byte("#!/bin/sh\nexec "+real+" \"$@\"\n"), 0o777))
	for range 2 {
		if _, current, _ := b.build(b.box.gust, "build", "--json"); current {
			t.Error("a script in go's place, which can look at anything, is trusted")
		}
	}
}

func TestStampMatters(t *testing.T) {
	t.Parallel()
	b := newBench(t, currentModule)
	b.args = []string{"-o", "OUT", "./cmd/app"}
	git := func(args ...string) func(*bench) {
		return func(b *bench) {
			b.t.Helper()
			argv := append([]string{"git", "-c", "user.name=x", "-c", "user.email=x@example.test", "-c", "init.defaultBranch=main"}, args...)
			r, err := execute(b.box.src, b.box.go_.env, argv, time.Minute)
			b.must(err)
			if r.code != 0 {
				b.t.Fatalf("git %q: %s", args, r.stderr)
			}
		}
	}
	commit := func(b *bench) { git("add", "-A")(b); git("commit", "-q", "--allow-empty", "-m", "x")(b) }
	b.run("build", []step{
		{name: "repository appears", change: func(b *bench) { git("init", "-q")(b) }},
		{name: "first commit", change: commit},
		{name: "clean", change: func(*bench) {}, current: true},
		{name: "dirty by a comment", change: func(b *bench) { b.sub("lib/lib.go", "// here", "// there") }},
		{name: "still dirty", change: func(b *bench) { b.sub("lib/lib.go", "// there", "// somewhere") }, current: true},
		{name: "clean again", change: git("checkout", "-q", "--", ".")},
		{name: "dirty by a file that go does not read", change: func(b *bench) { b.write("docs/new.md", "x") }},
		{name: "new commit", change: commit},
		{name: "empty commit", change: commit},
		{name: "tag", change: git("tag", "v1.2.3")},
		{name: "tag that is no version", change: git("tag", "hello"), current: false},
		{name: "branch at the same commit", change: git("checkout", "-q", "-b", "other"), current: true},
		{name: "other commit, same tree", change: commit},
		{name: "other branch", change: git("checkout", "-q", "main")},
		{name: "tag gone", change: git("tag", "-d", "v1.2.3")},
		{name: "ignored file", change: func(b *bench) { b.write(".git/info/exclude", "*.tmp\n"); b.write("x.tmp", "x") }, current: true},
		{name: "staged", change: func(b *bench) { b.write("docs/readme.md", "staged"); git("add", "docs")(b) }},
		{name: "unstamped", change: func(b *bench) { b.args = append([]string{"-buildvcs=false"}, b.args...) }},
		{name: "unstamped and dirty", change: func(b *bench) { b.write("docs/readme.md", "again") }, current: true},
		{name: "repository gone", change: func(b *bench) { b.args = b.args[1:]; b.prime("build"); b.remove(".git") }},
	})
}

func TestCgoMatters(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("gcc"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must have gcc")
		}
		t.Skip("needs gcc")
	}
	b := newBench(t, map[string]string{
		"go.mod":          "module example.test/cur\n\ngo 1.24\n",
		"cmd/app/main.go": "package main\n\n// #include \"h.h\"\n// static int two(void) { return 2; }\nimport \"C\"\n\n// main is here.\nfunc main() { println(C.N, C.two()) }\n",
		"cmd/app/pure.go": "package main\n\n// pure is not used.\nfunc pure() {}\n",
		"cmd/app/h.h":     "#define N 1\n",
	})
	b.env = []string{"CGO_ENABLED=1"}
	b.run("build", []step{
		{name: "nothing", change: func(*bench) {}, current: true},
		{name: "comment in a file without cgo", change: func(b *bench) { b.sub("cmd/app/pure.go", "not used", "unused") }, current: true},
		{name: "header", change: func(b *bench) { b.sub("cmd/app/h.h", "N 1", "N 2") }},
		{name: "preamble", change: func(b *bench) { b.sub("cmd/app/main.go", "return 2", "return 3") }},
		{name: "new header", change: func(b *bench) { b.write("cmd/app/other.h", "#define M 1\n") }},
		{name: "comment in a file with cgo", change: func(b *bench) { b.sub("cmd/app/main.go", "is here", "is there") }},
		{name: "CGO_CFLAGS", change: func(b *bench) { b.env = append(b.env, "CGO_CFLAGS=-O1") }},
		{name: "compiler in front", change: func(b *bench) {
			front := filepath.Join(b.box.root, "front")
			b.must(os.Mkdir(front, 0o777))
			b.env = append(b.env, "PATH="+front+string(filepath.ListSeparator)+os.Getenv("PATH"))
			b.prime("build")
			gcc, err := exec.LookPath("gcc")
			b.must(err)
			b.must(os.Symlink(gcc, filepath.Join(front, "gcc")))
		}},
	})
}
