package cover

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// files of a module with two packages, of which the second tests the first
// as well.
var files = map[string]string{
	"go.mod": "module example.com/m\n\ngo 1.24\n",
	"a/a.go": `package a

// Sign is covered in part.
func Sign(n int) int {
	if n < 0 {
		return -1
	}
	f := func() int {
		return 1
	}
	if n == 0 {
		println("zero")

		// A comment.
		return 0
	}
	return f()
}

var X = 1
`,
	"a/a_test.go": "package a\n\nimport \"testing\"\n\nfunc TestSign(t *testing.T) { Sign(1) }\n",
	"b/b.go":      "package b\n\nimport \"example.com/m/a\"\n\nfunc Twice(n int) int { return 2 * a.Sign(n) }\n",
	"b/b_test.go": "package b\n\nimport \"testing\"\n\nfunc TestTwice(t *testing.T) { Twice(-1) }\n",
	"c/c.go":      "package c\n\nfunc Unused() int { return 1 }\n",
}

// profile runs go test -coverprofile and returns the directory and the
// profile.
func profile(t *testing.T, args ...string) (dir string, p Profile) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out := goTool(t, dir, append([]string{"test", "-vet=off", "-coverprofile=c.out"}, append(args, "./...")...)...)
	f, err := os.Open(filepath.Join(dir, "c.out"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	defer f.Close()
	if p, err = Read(f); err != nil {
		t.Fatal(err)
	}
	return dir, p
}

func goTool(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", args, err, out)
	}
	return string(out)
}

// TestAgreesWithGo compares totals with those of go tool cover -func, which
// merges as well, before and after merging.
func TestAgreesWithGo(t *testing.T) {
	for _, args := range [][]string{nil, {"-coverpkg=./..."}, {"-coverpkg=./...", "-covermode=atomic"}} {
		dir, p := profile(t, args...)
		merged, err := os.Create(filepath.Join(dir, "merged.out"))
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Write(merged); err != nil {
			t.Fatal(err)
		}
		merged.Close()
		for _, name := range []string{"c.out", "merged.out"} {
			out := goTool(t, dir, "tool", "cover", "-func="+name)
			m := regexp.MustCompile(`total:.*\s(\S+)%`).FindStringSubmatch(out)
			if m == nil || m[1] != fmt.Sprintf("%.1f", p.Total().Percent()) {
				t.Errorf("%q: total %.1f%%, go says of %s\n%s", args, p.Total().Percent(), name, out)
			}
		}
		got := fmt.Sprint(p.Packages())
		want := "[{example.com/m/a {6 8}} {example.com/m/b {1 1}} {example.com/m/c {0 1}}]"
		if len(args) == 0 {
			want = "[{example.com/m/a {5 8}} {example.com/m/b {1 1}} {example.com/m/c {0 1}}]"
		}
		if got != want {
			t.Errorf("%q: packages %s, want %s", args, got, want)
		}
	}
}

type source struct{ dir string }

func (s source) File(importPath, base string) (string, []byte, bool, error) {
	rel, ok := strings.CutPrefix(importPath, "example.com/m/")
	if !ok || rel == "c" {
		return "", nil, false, nil
	}
	data, err := os.ReadFile(filepath.Join(s.dir, rel, base))
	return rel + "/" + base, data, true, err
}

func TestDiff(t *testing.T) {
	dir, p := profile(t)
	for _, tt := range []struct {
		name    string
		changed map[string][]int
		want    string
	}{
		{"nothing", nil, "{0 0} []"},
		{"everything", map[string][]int{"a/a.go": lines(1, 30), "b/b.go": lines(1, 6)}, "{6 9} [a/a.go:6 a/a.go:12-15]"},
		{"one line", map[string][]int{"a/a.go": {6}}, "{0 1} [a/a.go:6]"},
		{"brackets and comments", map[string][]int{"a/a.go": {3, 7, 13, 14, 16, 20}}, "{0 0} []"},
		{"not the lines between", map[string][]int{"a/a.go": {12, 15}}, "{0 2} [a/a.go:12 a/a.go:15]"},
		{"body of a literal", map[string][]int{"a/a.go": {8, 9}}, "{2 2} []"},
		{"another file", map[string][]int{"x.go": {1}, "a/c.go": {3}}, "{0 0} []"},
		{"beyond the end", map[string][]int{"a/a.go": {0, 1000}}, "{0 0} []"},
	} {
		d, err := p.Diff(tt.changed, source{dir})
		if got := fmt.Sprint(d.Lines, d.Uncovered); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}

func lines(first, last int) []int {
	var all []int
	for n := first; n <= last; n++ {
		all = append(all, n)
	}
	return all
}

func TestBelow(t *testing.T) {
	for _, tt := range []struct {
		count Count
		min   float64
		want  bool
	}{
		{Count{2, 3}, 66.66, false}, {Count{2, 3}, 66.67, true}, {Count{4, 5}, 80, false}, {Count{0, 0}, 100, false}, {Count{0, 1}, 0, false},
	} {
		if got := tt.count.Below(tt.min); got != tt.want {
			t.Errorf("%v below %v: %t", tt.count, tt.min, got)
		}
	}
}

func TestReadErrors(t *testing.T) {
	for _, text := range []string{"no mode\n", "mode: set\nx.go:1.1 1 1\n", "mode: set\nx.go:1.1,2.2 1\n"} {
		if _, err := Read(strings.NewReader(text)); err == nil {
			t.Errorf("%q gave no error", text)
		}
	}
	if p, err := Read(strings.NewReader("")); err != nil || p.Total().Total != 0 {
		t.Errorf("an empty profile: %v, %v", p, err)
	}
}
