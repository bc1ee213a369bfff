package difftest

import (
	"strings"
	"testing"

	"github.com/gust-go/gust/build/difftest/edit"
)

// A known case is an edit of package leaf that once went wrong, reduced to
// three packages: main imports mid, and mid imports leaf.
type known struct {
	name            string
	leaf, mid, main string // without package clauses and imports
	old, new        string // the edit of leaf
	flags           []string
	relaxed         bool // build both versions relaxed before the exact build
}

var knownCases = []known{{
	// The object does not name Twice in an inline tree, since no instruction
	// of it is left, but describes it in its debug information.
	name: "folded",
	leaf: "func Twice(n int) int { return n + n }",
	mid:  "func Sum(n int) int { return n + leaf.Twice(1) }",
	main: "println(mid.Sum(mid.N))",
	old:  "func Twice", new: "// Moved.\nfunc Twice",
}, {
	// Export data holds columns.
	name: "column",
	leaf: "func Twice(n int) int { return n + n }",
	mid:  "func Sum(n int) int { return n + leaf.Twice(n) }",
	main: "println(mid.Sum(mid.N))",
	old:  "func Twice", new: "func    Twice",
}, {
	// Debug information of the wrapper W.Name has the lines of the method's
	// parameters, although the method is not inlined into it.
	name: "wrapper",
	leaf: "type Item struct{ S string }\n\nfunc (i Item) Name() string { defer println(1); return i.S }",
	mid: "type W struct {\n\tleaf.Item\n\tx int\n}\n\ntype Namer interface{ Name() string }\n\n" +
		"//go:noinline\nfunc New() Namer { return W{x: N} }",
	main: "println(mid.New().Name())",
	old:  "func (i", new: "// Moved.\nfunc (i",
}, {
	// The same without inlining.
	name:  "wrapper-l",
	leaf:  "type Item struct{ S string }\n\nfunc (i Item) Name() string { return i.S }",
	mid:   "type W struct{ leaf.Item }\n\ntype Namer interface{ Name() string }\n\nfunc New() Namer { return W{} }",
	main:  "println(mid.New().Name())",
	flags: []string{"-gcflags=./...=-l"},
	old:   "func (i", new: "// Moved.\nfunc (i",
}, {
	// cmd/go takes the ID of an unchanged main package from the binary that
	// is there, even when gust made that one relaxed.
	name: "relaxed-main",
	leaf: "func Square(n int) int { return n * n }",
	mid:  "func Sum(n int) int { return n }",
	main: "println(leaf.Square(mid.N))",
	old:  "func Square", new: "// Moved.\nfunc Square",
	relaxed: true,
}}

func (k known) tree() edit.Tree {
	file := func(pkg, body string) []byte {
		var b strings.Builder
		b.WriteString("package " + pkg + "\n\n")
		for _, p := range []string{"leaf", "mid"} {
			if strings.Contains(body, p+".") {
				b.WriteString("import \"example.test/known/" + p + "\"\n\n")
			}
		}
		return []byte(b.String() + body + "\n")
	}
	return edit.Tree{
		"go.mod":       []byte("module example.test/known\n\ngo 1.24\n"),
		"leaf/leaf.go": file("leaf", k.leaf),
		"mid/mid.go":   file("mid", k.mid+"\n\nvar N = 3"),
		"main.go":      file("main", "func main() { "+k.main+" }"),
	}
}

// TestKnown repeats edits that random edits have found to go wrong.
func TestKnown(t *testing.T) {
	warm, gust := mustWarm(t), mustGust(t)
	for _, k := range knownCases {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := pair{sandbox: newSandbox(t, warm, []string{gust}), caches: newCaches(), skipArchives: k.relaxed}
			tree := k.tree()
			p.relaxed = k.relaxed
			p.mustMatch(t, tree, k.flags)
			text := string(tree["leaf/leaf.go"])
			if !strings.Contains(text, k.old) {
				t.Fatalf("%q is not in leaf", k.old)
			}
			tree["leaf/leaf.go"] = []byte(strings.Replace(text, k.old, k.new, 1))
			p.mustMatch(t, tree, k.flags)
			if k.relaxed {
				p.relaxed = false
				p.mustMatch(t, tree, k.flags)
			}
		})
	}
}

// mustMatch builds tree with both commands.
func (p *pair) mustMatch(t *testing.T, tree edit.Tree, flags []string) {
	t.Helper()
	if err := tree.Write(p.src); err != nil {
		t.Fatal(err)
	}
	ok, problems, err := p.step(true, flags...)
	if err != nil || !ok {
		t.Fatalf("go built: %v; %v", ok, err)
	}
	if len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
}
