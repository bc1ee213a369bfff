package astcache

import (
	"strings"
	"testing"
)

const source = `// Package p is short.
package p

import "fmt"

// F prints.
func F() {
	fmt.Println("a") // prints
}
`

func TestSummarizeCode(t *testing.T) {
	tests := []struct {
		name, old, now string
		same           bool
	}{
		{"comment", "// prints", "// writes and more", true},
		{"comment gone", " // prints", "", true},
		{"doc comment", "// F prints.", "// F.", true},
		{"block comment", "// prints", "/* prints */", true},
		{"indentation", "\tfmt", "    fmt", true},
		{"spaces within a line", "func F() {", "func  F( ) {", true},
		{"spaces at the end", "{\n", "{  \n", true},
		{"comment that moves lines", "// F prints.", "// F\n// prints.", false},
		{"line added at the end", "}\n", "}\n\n", true},
		{"token moved to another line", "fmt.Println(\"a\")", "fmt.\n\t\tPrintln(\"a\")", false},
		{"string", `"a"`, `"b"`, false},
		{"name", "Println", "Print", false},
		{"semicolon", `("a")`, `("a");`, true},
		{"directive", "// F prints.", "//go:noinline", false},
		{"directive of another tool", "// F prints.", "//tool:do", false},
		{"export", "// F prints.", "//export F", false},
		{"comment like a directive", "// F prints.", "// go:noinline", true},
		{"constraint", "// Package p is short.", "//go:build linux", false},
		{"old constraint", "// Package p is short.", "// +build linux", false},
		{"import comment", "package p", `package p // import "x"`, false},
		{"comment behind the clause", "package p", "package p // is p", true},
		{"block comment with a newline", "// prints", "/* a\nb */", false},
	}
	if strings.Count(source, "{\n") != 1 {
		t.Fatal("the test's own texts must stand once")
	}
	was := Summarize([]byte(source))
	if was.Code == was.Content || len(was.Imports) != 1 || was.Imports[0] != "fmt" {
		t.Fatalf("the source is not understood: %+v", was)
	}
	for _, test := range tests {
		text := strings.Replace(source, test.old, test.now, 1)
		if text == source {
			t.Errorf("%s: the edit does nothing", test.name)
		}
		is := Summarize([]byte(text))
		if (is.Code == was.Code) != test.same {
			t.Errorf("%s: same is %v, want %v", test.name, is.Code == was.Code, test.same)
		}
		if test.same && is.Shape != was.Shape {
			t.Errorf("%s: another shape", test.name)
		}
	}
}

// TestNotUnderstood lists files of which every byte counts.
func TestNotUnderstood(t *testing.T) {
	for name, text := range map[string]string{
		"syntax error":     "package p\n\nimport (\n",
		"scanner error":    "package p\n\nvar s = \"\n",
		"invalid UTF-8":    "package p // \xff\n",
		"NUL":              "package p // \x00\n",
		"cgo":              "package p\n\n// int x;\nimport \"C\"\n",
		"line directive":   "package p\n\n//line x.go:1\nvar X int\n",
		"line in a block":  "package p\n\nvar /*line x.go:1:1*/ X int\n",
		"nothing":          "",
		"unclosed comment": "package p /*",
	} {
		if s := Summarize([]byte(text)); s.Code != s.Content || s.Shape != s.Content {
			t.Errorf("%s is taken for understood", name)
		}
	}
}

func TestShape(t *testing.T) {
	was := Summarize([]byte(source))
	for name, edit := range map[string][2]string{
		"package": {"package p", "package q"}, "embed": {"// F prints.", "//go:embed x"}, "constraint": {"// Package p is short.", "//go:build x"},
	} {
		if is := Summarize([]byte(strings.Replace(source, edit[0], edit[1], 1))); is.Shape == was.Shape {
			t.Errorf("%s: the same shape", name)
		}
	}
	if is := Summarize([]byte(strings.Replace(source, "Println", "Print", 1))); is.Shape != was.Shape {
		t.Error("a body has a say in the shape")
	}
}

func TestSummarizeHead(t *testing.T) {
	const test = "//go:build x\n\npackage p\n\nimport \"testing\"\n\nfunc TestX(t *testing.T) {}\n"
	was := SummarizeHead([]byte(test))
	for name, c := range map[string]struct {
		old, now string
		same     bool
	}{
		"body":         {"{}", "{ t.Fail() }", true},
		"broken body":  {"{}", "{ ( }", true},
		"import":       {`"testing"`, `"other"`, true},
		"package":      {"package p", "package q", false},
		"constraint":   {"build x", "build y", false},
		"cgo":          {`"testing"`, `"C"`, false},
		"embed":        {`"testing"`, `"embed"`, false},
		"broken head":  {"import", "imp", true}, // what follows the head is not read
		"broken quote": {`"testing"`, `"testing`, false},
	} {
		is := SummarizeHead([]byte(strings.Replace(test, c.old, c.now, 1)))
		if (is.Code == was.Code) != c.same {
			t.Errorf("%s: same is %v, want %v", name, is.Code == was.Code, c.same)
		}
	}
}

func FuzzSummarize(f *testing.F) {
	f.Add([]byte(source), 30, " ")
	f.Fuzz(func(t *testing.T, src []byte, at int, blank string) {
		s := Summarize(src)
		if s.Code == s.Content || strings.Trim(blank, " \t") != "" {
			return
		}
		// Spaces at the end move no token.
		if more := Summarize(append(src[:len(src):len(src)], "\n"+blank...)); more.Code != s.Code {
			t.Errorf("blanks at the end of %q count", src)
		}
	})
}
