package difftest

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/build/astcache"
)

// directModule is a program with packages that edits move in different ways.
var directModule = map[string]string{
	"go.mod":           "module example.test/direct\n\ngo 1.24\n",
	"cmd/app/main.go":  "package main\n\nimport (\n\t\"example.test/direct/high\"\n\t\"example.test/direct/low\"\n)\n\nfunc main() {\n\tprintln(high.Sum(1, 2), low.Name())\n}\n",
	"cmd/app/extra.go": "package main\n\nfunc init() { println(\"extra\") }\n",
	"high/high.go":     "package high\n\nimport \"example.test/direct/low\"\n\n// Sum is inlined.\nfunc Sum(a, b int) int { return a + b + low.Zero() }\n\n// Far is not.\n//\n//go:noinline\nfunc Far() (n int) {\n\tfor range 3 {\n\t\tn += low.Zero()\n\t}\n\treturn n\n}\n",
	"high/more.go":     "package high\n\nimport (\n\t\"os\"\n\n\t\"example.test/direct/low\"\n)\n\nfunc init() {\n\tif len(os.Args) > 7 {\n\t\tprintln(low.Name(), Far())\n\t}\n}\n",
	"low/low.go":       "package low\n\nimport _ \"embed\"\n\n//go:embed name.txt\nvar name string\n\n// Zero is 0.\nfunc Zero() int { return 0 }\n\n// Name is long.\n//\n//go:noinline\nfunc Name() string {\n\treturn name + \"!\"\n}\n",
	"low/name.txt":     "low\n",
	"side/side.go":     "package side\n",
}

// A directStep is an edit, and whether gust needs no go for the build after it.
type directStep struct {
	name   string
	change func(*bench)
	direct bool
}

// TestDirect holds builds that gust makes without go to what go makes, and
// says which these are. Between the steps there is a current build, so that
// each edit meets a snapshot and, but for the first build, a plan.
func TestDirect(t *testing.T) {
	t.Parallel()
	b := newBench(t, directModule)
	// A build within a tick of the clock after files came or went proves little.
	pass := func() { time.Sleep(30 * time.Millisecond) }
	main, high, low := "cmd/app/main.go", "high/high.go", "low/low.go"
	b.prime("build")
	b.runDirect([]directStep{
		{"first edits of all packages", func(b *bench) {
			b.sub(main, "low.Name())", "low.Name(), 1)")
			b.sub(high, "range 3", "range 4")
			b.sub(low, `"!"`, `"?"`)
		}, true},
		{"main package, lines move", func(b *bench) { b.sub(main, "\tprintln", "\tprintln(2)\n\tprintln") }, true},
		{"once more", func(b *bench) { b.sub(main, "println(2)", "println(3)") }, true},
		{"new function in the main package", func(b *bench) { b.write(main, b.read(main)+"\nfunc init() { println(4) }\n") }, true},
		{"body in a library", func(b *bench) { b.sub(high, "range 4", "range 5") }, true},
		{"body in a library that embeds", func(b *bench) { b.sub(low, `"?"`, `"."`) }, true},
		{"library and main package", func(b *bench) { b.sub(high, "range 5", "range 6"); b.sub(main, "println(3)", "println(5)") }, true},
		{"two libraries", func(b *bench) { b.sub(high, "range 6", "range 7"); b.sub(low, `"."`, `";"`) }, true},
		{"import that another file has", func(b *bench) {
			b.sub("high/more.go", "println(low.Name(), Far())", "println(Far())")
			b.sub("high/more.go", "\n\n\t\"example.test/direct/low\"", "\n\n\n")
		}, true},
		{"what others inline", func(b *bench) { b.sub(high, "return a + b +", "return a - b +") }, false},
		{"lines move in a library", func(b *bench) { b.sub(low, "// Zero is", "// Here:\n// Zero is") }, false},
		{"main package after that", func(b *bench) { b.sub(main, "println(5)", "println(6)") }, true},
		{"unused import gone", func(b *bench) {
			b.sub(main, "\t\"example.test/direct/high\"\n", "")
			b.sub(main, "high.Sum(1, 2)", "3")
		}, false},
		{"import back", func(b *bench) {
			b.sub(main, "import (\n", "import (\n\t\"example.test/direct/high\"\n")
			b.sub(main, "println(3,", "println(high.Sum(1, 3),")
		}, false},
		{"directive", func(b *bench) { b.sub("cmd/app/extra.go", "func init", "//go:noinline\nfunc init") }, false},
		{"embedded file", func(b *bench) { b.write("low/name.txt", "lower\n") }, false},
		{"library after that", func(b *bench) { b.sub(low, `";"`, `":"`) }, true},
		{"embedded file and library", func(b *bench) { b.write("low/name.txt", "lowest\n"); b.sub(low, `":"`, `"-"`) }, false},
		{"file gone", func(b *bench) { b.remove("cmd/app/extra.go") }, false},
		{"file back", func(b *bench) {
			b.write("cmd/app/extra.go", "package main\n\nfunc init() { println(\"again\") }\n")
			pass()
		}, false},
		{"main package of as many files", func(b *bench) { b.sub("cmd/app/extra.go", "again", "and again") }, true},
		{"output gone", func(b *bench) { b.must(os.Remove(b.output("app"))); b.sub(main, "println(6)", "println(7)") }, false},
		{"compile error", func(b *bench) { b.sub(main, "println(7)", "println(undefined)") }, false},
		{"compile error mended", func(b *bench) { b.sub(main, "println(undefined)", "println(8)") }, true},
		{"edit undone", func(b *bench) { b.sub(main, "println(8)", "println(7)") }, true},
		{"a constraint", func(b *bench) { b.sub(high, "package high", "//go:build linux || !linux\n\npackage high") }, false},
	})
}

// TestDirectEdits makes random edits of which many leave interfaces as they are.
// Whatever gust builds without go must be what go builds.
func TestDirectEdits(t *testing.T) {
	if !astcache.Supported {
		t.Skip("gust cannot tell current builds on this system")
	}
	warm, gust := mustWarm(t), mustGust(t)
	t.Logf("replay with -difftest.seed=%d", shared.seed)
	kinds := []string{
		"stmt-in-body", "const-in-body", "closure-in-body", "return-value", "spaces", "revert-file", "new-var",
		"stmt-in-body", "const-in-body", "generic-body", "break-undefined", "split-func", "edit-comment",
	}
	var all totals
	t.Run("modules", func(t *testing.T) {
		for _, name := range []string{"chain", "wide"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(shared.seed, 4))
				deck := slices.Clone(kinds)
				rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
				s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, name), "direct "+name)
				s.pkgs, s.noRun, s.skipArchives = []string{"."}, true, true
				s.gen.Deal(deck)
				s.runSlowly(steps(8))
				t.Logf("%s", &s.stat)
				all.add(&s.stat)
			})
		}
	})
	if all.direct == 0 && !t.Failed() { // so it is with some seeds
		t.Run("bodies", func(t *testing.T) {
			s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, "chain"), "direct bodies")
			s.pkgs, s.noRun, s.skipArchives = []string{"."}, true, true
			s.gen.Deal(slices.Repeat([]string{"stmt-in-body", "const-in-body", "return-value"}, 20))
			s.until(60, s.runSlowly, func() bool { return s.stat.direct > 0 })
			all.add(&s.stat)
		})
	}
	if all.direct == 0 && !t.Failed() {
		t.Error("the run proves nothing: gust started go each time")
	}
}

// runSlowly makes edits like a person: not within a tick of the clock after the
// last build, when nobody can tell what go has read.
func (s *sequence) runSlowly(n int) {
	s.t.Helper()
	for i := 0; i < n && !s.t.Failed(); i++ {
		e := s.gen.Next(s.ok)
		if err := e.Apply(s.src); err != nil {
			s.t.Fatal(err)
		}
		s.record(e)
		time.Sleep(30 * time.Millisecond)
		ok, problems, err := s.step(true)
		if err != nil {
			s.t.Fatal(err)
		}
		if s.ok = ok; len(problems) > 0 {
			s.t.Errorf("seed %d, after %s\n%s", shared.seed, e.Diff(), strings.Join(problems, "\n"))
		}
		s.stat.count(e.Kind, s.ok)
	}
}

// TestDirectAndGo lets plain go build over a program that gust made without it,
// from the sources before the edit as well: build IDs must not match by accident.
func TestDirectAndGo(t *testing.T) {
	t.Parallel()
	b := newBench(t, directModule)
	b.prime("build")
	edit := func(was, is string) {
		b.sub("cmd/app/main.go", "println("+was, "println("+is)
		b.build(b.box.gust, "build", "--json")
	}
	edit("high", "1, high")
	edit("1, ", "2, ")
	if !b.direct {
		t.Fatal("gust started go")
	}
	// The same output by plain go, of what stands there and of what stood there.
	gust := b.box.gust
	b.box.gust = b.box.plain
	b.box.gust.out = gust.out
	b.agreePlain("2, ")
	b.sub("cmd/app/main.go", "println(2, ", "println(1, ")
	b.agreePlain("1, ")
	b.box.gust = gust
	edit("1, ", "3, ")
	if b.direct {
		t.Error("gust built directly over a program that is not its own")
	}
}

// agreePlain builds with plain go on both sides; where gust's program stands
// it must be replaced.
func (b *bench) agreePlain(what string) {
	b.t.Helper()
	before := b.t.Failed()
	b.agree("build", false)
	if b.t.Failed() && !before {
		b.t.Errorf("after building %q with plain go over gust's program", what)
	}
}

func (b *bench) runDirect(steps []directStep) {
	b.t.Helper()
	t := b.t
	for _, s := range steps {
		t.Run(strings.ReplaceAll(s.name, " ", "-"), func(t *testing.T) {
			b.t = t
			s.change(b)
			b.agree("build", false)
			if b.direct != s.direct {
				t.Errorf("direct: %v, want %v", b.direct, s.direct)
			}
		})
	}
	b.t = t
	if _, err := os.Stat(b.output("app")); err != nil {
		t.Error(err)
	}
}
