package toolexec

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLinkArgs(t *testing.T) {
	usual := "-o $W/b001/exe/a.out -importcfg $W/b001/importcfg.link -X=runtime.godebugDefault=a=1 -buildmode=exe -buildid=a/b/c/a -extld=gcc"
	for _, test := range []struct {
		args string
		ok   bool
	}{
		{usual + " $W/b001/_pkg_.a", true},
		{usual + " -s -w -X main.version=1 /cache/x-d", true},
		{usual + " -installsuffix race -race /cache/x-d", true},
		{strings.Replace(usual, "=exe", "=pie", 1) + " /cache/x-d", true},
		{strings.Replace(usual, "=exe", "=c-shared", 1) + " /cache/x-d", false},
		{usual + " -linkmode=external /cache/x-d", false},
		{usual + " -extldflags -static /cache/x-d", false},
		{usual + " -fipso $W/b001/fips.o /cache/x-d", false},
		{usual + " -cpuprofile p /cache/x-d", false},
		{usual + " -s=false /cache/x-d", false},
		{usual + " /cache/x-d /cache/y-d", false},
		{usual + " -s", false},
		{"-o a -buildmode=exe /cache/x-d", false},
		{"", false},
	} {
		cfg, ok := linkArgs(strings.Fields(test.args))
		if ok != test.ok || ok && cfg != "$W/b001/importcfg.link" {
			t.Errorf("%s: %q, %v, want %v", test.args, cfg, ok, test.ok)
		}
	}
}

// TestResolve: archives of the work directory are those of the cache that have
// the same content, or there is no step.
func TestResolve(t *testing.T) {
	work, gocache := t.TempDir(), t.TempDir()
	put := func(file, text string) string {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	inCache := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		name := hex.EncodeToString(sum[:])
		return filepath.Join(gocache, name[:2], name+"-d")
	}
	a := put(filepath.Join(work, "b001", "_pkg_.a"), "one")
	kept := put(inCache("one"), "one")
	lines := []string{"packagefile m=" + a, "packagefile fmt=/elsewhere", "modinfo \"x\"", "packageshlib a=b"}
	want := slices.Clone(lines)
	want[0] = "packagefile m=" + kept
	if err := resolve(lines, work, gocache); err != nil || !slices.Equal(lines, want) {
		t.Errorf("%q, %v, want %q", lines, err, want)
	}
	put(a, "two")
	if err := resolve([]string{"packagefile m=" + a}, work, gocache); err == nil {
		t.Error("an archive that is not in the cache has no error")
	}
	put(inCache("two"), "tw")
	if err := resolve([]string{"packagefile m=" + a}, work, gocache); err == nil {
		t.Error("an archive that was cut off in the cache has no error")
	}
	if err := resolve([]string{"packagefile m=" + a}, work, ""); err == nil {
		t.Error("no cache has no error")
	}
}

// TestActual: a step made again in another work directory names that.
func TestActual(t *testing.T) {
	c := &compileArgs{objDir: "/tmp/go-build1/b007", workDir: "/tmp/go-build1"}
	var s Step
	for _, arg := range []string{"-o", "/tmp/go-build1/b007/_pkg_.a", "-trimpath", "/tmp/go-build1/b007=>;/src=>m", "-x=/tmp/go-build1/b001/y", "/src/a.go"} {
		s.Args = append(s.Args, c.neutral(arg))
	}
	want := []string{"-o", "/w/b1/_pkg_.a", "-trimpath", "/w/b1=>;/src=>m", "-x=/w/b001/y", "/src/a.go"}
	if got := s.Actual("/w/b1"); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestEnviron: of what the tool reads, nothing but what it had is left.
func TestEnviron(t *testing.T) {
	s := Step{Dir: "/d", ImportPath: "m", Env: []string{"GOARCH=arm64", "GODEBUG="}}
	got := s.Environ([]string{"PATH=/bin", "GOOS=plan9", "GODEBUG=x=1", "GOPROXY=off"}, "s")
	want := []string{"PATH=/bin", "GOPROXY=off", "GOARCH=arm64", "GODEBUG=", "PWD=/d", "TOOLEXEC_IMPORTPATH=m", SessionVar + "=s"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
