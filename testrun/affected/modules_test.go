package affected

import (
	"maps"
	"slices"
	"testing"
)

func TestSettings(t *testing.T) {
	const base = "module m\n\ngo 1.24\n\nrequire a.example/b v1.0.0\n"
	for _, tt := range []struct{ after, want string }{
		{base, ""},
		{"module m\n\ngo 1.24\n\nrequire a.example/b v1.1.0\n", ""},
		{"module m\n\ngo 1.24 // as before\n\nrequire a.example/b v1.0.0\n\nretract v1.0.0\n", ""},
		{"module n\n\ngo 1.24\n", "the module lines of go.mod changed"},
		{"module m\n\ngo 1.25\n", "the go or toolchain lines of go.mod changed"},
		{"module m\n\ngo 1.24\n\ntoolchain go1.26.8\n", "the go or toolchain lines of go.mod changed"},
		{"module m\n\ngo 1.24\n\ngodebug panicnil=1\n", "the godebug lines of go.mod changed"},
		{"module m\n\ngo 1.25\n\nignore ./x\n", "the go or toolchain lines of go.mod changed"},
		{"module m m\n", "go.mod does not parse"},
	} {
		if got := settings("go.mod", []byte(base), []byte(tt.after)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.after, got, tt.want)
		}
	}
}

func TestDifferingSums(t *testing.T) {
	before := "a v1 h1:x\na v1/go.mod h1:y\nb v1 h1:z\nc v1/go.mod h1:1\n"
	after := "a v1 h1:x\na v1/go.mod h1:y\nb v1 h1:other\nb v2 h1:new\nc v1/go.mod h1:2\n"
	got := slices.Sorted(maps.Keys(differingSums([]byte(before), []byte(after))))
	if !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("got %q, want b and c", got)
	}
}

func TestScanFile(t *testing.T) {
	if got := scanFile("affected_test.go", true); got == "" {
		t.Error("this package's tests start processes, which shows in nothing")
	}
	if got := scanFile("affected.go", false); got != "" && got[:11] != "affected.go" {
		t.Errorf("found %q", got)
	}
}
