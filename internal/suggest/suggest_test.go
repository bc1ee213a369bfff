package suggest

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// files makes a module with packages, tests and what looks like them.
func files(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                "// Comment\nmodule example.com/m\n",
		"m.go":                  "package m\n",
		"m_test.go":             "package m\nfunc TestOne(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\nfunc Testify(t *testing.T) {}\nfunc TestGeneric[T any](t *testing.T) {}\n",
		"a/a.go":                "package a\n",
		"a/b/b_test.go":         "package b\nfunc Test(t *testing.T) {}\nfunc Test_x(t *testing.T) {}\nfunc BenchmarkB(b *testing.B) {\nfunc FuzzF(f *testing.F) {}\nfunc Example() {}\nfunc ExampleT_m() {}\n\tfunc TestInner(t *testing.T) {}\n",
		"a/testdata/x/x.go":     "package x\n",
		"deep/er/most/most.go":  "package most\n",
		"docs/page.md":          "",
		"nested/go.mod":         "module example.com/nested\n",
		"nested/n.go":           "package nested\n",
		".git/hook.go":          "package git\n",
		"vendor/x.org/x/x.go":   "package x\n",
		"_old/old.go":           "package old\n",
		"ab/_cgo.go":            "package ab\n",
		"node_modules/n/gyp.go": "package n\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPackages(t *testing.T) {
	dir := files(t)
	all := []string{"./...", ".", "./a", "./a/...", "./deep/...", "./a/b", "./deep/er/...", "./deep/er/most"}
	for _, tt := range []struct {
		in, prefix string
		want       []string
	}{
		{"", "", all},
		{"", ".", all},
		{"", "./", all},
		{"", "./a", []string{"./a", "./a/...", "./a/b"}},
		{"", "./a/", []string{"./a/...", "./a/b"}},
		{"", "./deep/er/", []string{"./deep/er/...", "./deep/er/most"}},
		{"", "./nosuch", nil},
		{"", "./nosuch/", nil},
		{"", "m.g", nil},
		{"a/b", "../", []string{"../...", "..", "../b"}},
		{"a", "exam", []string{"example.com/m/...", "example.com/m", "example.com/m/a", "example.com/m/a/...", "example.com/m/deep/...", "example.com/m/a/b", "example.com/m/deep/er/...", "example.com/m/deep/er/most"}},
		{"a", "example.com/m/a/", []string{"example.com/m/a/...", "example.com/m/a", "example.com/m/a/b"}},
		{"a", "fm", nil},
	} {
		if got := Packages(filepath.Join(dir, filepath.FromSlash(tt.in)), tt.prefix); !slices.Equal(got, tt.want) {
			t.Errorf("Packages(%q, %q) = %q, want %q", tt.in, tt.prefix, got, tt.want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "go.work"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := Packages(dir, "./nest"); !slices.Equal(got, []string{"./nested"}) {
		t.Errorf("in a workspace: %q", got)
	}
}

func TestTests(t *testing.T) {
	dir := files(t)
	for _, tt := range []struct {
		in              string
		patterns, kinds []string
		want            []string
	}{
		{"", nil, []string{"Test"}, []string{"TestOne"}},
		{"", []string{"./..."}, []string{"Test"}, []string{"Test", "TestOne", "Test_x"}},
		{"", []string{"./a/b", "example.com/m/a/..."}, []string{"Example", "Benchmark"}, []string{"BenchmarkB", "Example", "ExampleT_m"}},
		{"", []string{"fmt", "./nosuch"}, []string{"Test"}, nil},
		{"a", nil, []string{"Fuzz"}, []string{"FuzzF"}},
	} {
		if got := Tests(filepath.Join(dir, tt.in), tt.patterns, tt.kinds...); !slices.Equal(got, tt.want) {
			t.Errorf("Tests(%q, %q, %q) = %q, want %q", tt.in, tt.patterns, tt.kinds, got, tt.want)
		}
	}
}
