package difftest

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

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
