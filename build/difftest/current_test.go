package difftest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

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
		// One that is none, as go would compile the standard library with it.
		{name: "default.pgo appears", change: func(b *bench) { b.write("cmd/app/default.pgo", "none\n") },
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
