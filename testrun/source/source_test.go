package source

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLocate(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"b_test.go":      "package b\n\nfunc TestOne(t *testing.T) {}\n\ntype s struct{}\n\nfunc (s) TestMethod(t *testing.T) {}\n",
		"ext_test.go":    "package b_test\n\nfunc BenchmarkTwo(b *testing.B) {}\nfunc FuzzThree(f *testing.F) {}\n",
		"broken_test.go": "package b\n\nfunc Test",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	x := New(root, map[string]Package{"m/a/b": {Dir: dir, Files: []string{"b_test.go", "ext_test.go", "broken_test.go", "gone_test.go"}}})
	for _, tt := range []struct {
		pkg, test, file string
		line            int
	}{
		{"m/a/b", "TestOne", "a/b/b_test.go", 3},
		{"m/a/b", "TestOne/sub/x", "a/b/b_test.go", 3},
		{"m/a/b", "BenchmarkTwo-8", "a/b/ext_test.go", 3},
		{"m/a/b", "FuzzThree/seed#0", "a/b/ext_test.go", 4},
		{"m/a/b", "TestMethod", "", 0},
		{"m/a/b", "TestMain", "", 0},
		{"m/other", "TestOne", "", 0},
	} {
		file, line, ok := x.Locate(tt.pkg, tt.test)
		if file != tt.file || line != tt.line || ok != (tt.line > 0) {
			t.Errorf("Locate(%s, %s) = %q, %d, %t; want %q, %d", tt.pkg, tt.test, file, line, ok, tt.file, tt.line)
		}
	}
}
