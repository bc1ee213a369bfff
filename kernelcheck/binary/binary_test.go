package binary

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
)

const hello = "package main\n\nfunc main() { println(1) }\n"

const withC = "package main\n\n// int one(void) { return 1; }\nimport \"C\"\n\nfunc main() { println(C.one()) }\n"

// build compiles a program and returns its path.
func build(t testing.TB, source, goLine string, env []string, flags ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"main.go": source, "go.mod": "module m\n\ngo " + goLine + "\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	c := exec.Command("go", append([]string{"build", "-o", "program"}, flags...)...)
	c.Dir = dir
	c.Env = append(append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local"), env...)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	return filepath.Join(dir, "program")
}

func read(t *testing.T, file string) *fact.Program {
	t.Helper()
	p, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRead(t *testing.T) {
	// One port that is not the host's, since each compiles a standard library.
	for _, flags := range [][]string{nil, {"-ldflags=-s -w"}} {
		p := read(t, build(t, hello, "1.20", []string{"GOOS=linux", "GOARCH=amd64", "GOAMD64=v3", "GOEXPERIMENT=arenas", "CGO_ENABLED=0"}, flags...))
		if p.Go == "" || !strings.HasPrefix(runtime.Version(), p.Go) || p.Arch != "amd64" || p.OS != "linux" || p.Level != "v3" || p.Cgo != fact.No || p.ABINote != "" {
			t.Errorf("%q: %+v", flags, p)
		}
		if !slices.Equal(p.Experiments, []string{"arenas"}) {
			t.Errorf("%q: experiments %q in version %q", flags, p.Experiments, p.Version)
		}
		if !p.DebugKnown || p.Debug["multipathtcp"] != "0" {
			t.Errorf("%q: GODEBUG %q", flags, p.Debug)
		}
	}
	p := read(t, build(t, hello, "1.24", []string{"CGO_ENABLED=0"}))
	if p.Arch != runtime.GOARCH || p.OS != runtime.GOOS || p.Debug["multipathtcp"] != "" || !p.DebugKnown || p.Experiments != nil {
		t.Errorf("plain: %+v", p)
	}
}

func TestReadCgo(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil || runtime.GOOS != "linux" {
		if os.Getenv("CI") != "" {
			t.Fatal("CI must have a C compiler")
		}
		t.Skip("SKIPPED: no C compiler")
	}
	p := read(t, build(t, withC, "1.24", []string{"CGO_ENABLED=1"}))
	if p.Cgo != fact.Yes || p.Static != fact.No || p.Glibc == "" {
		t.Errorf("dynamic: %+v", p)
	}
	p = read(t, build(t, withC, "1.24", []string{"CGO_ENABLED=1"}, "-ldflags=-linkmode=external -extldflags=-static -s"))
	if p.Cgo != fact.Yes || p.Static != fact.Yes || p.ABINote == "" {
		t.Errorf("static: %+v", p)
	}
	out, err := exec.Command("readelf", "-n", p.Name).Output()
	if err == nil && !strings.Contains(string(out), "OS: Linux, ABI: "+p.ABINote) {
		t.Errorf("ABI note %q, readelf says\n%s", p.ABINote, out)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	whole, err := os.ReadFile(build(t, hello, "1.24", []string{"CGO_ENABLED=0"}))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"empty": nil, "text": []byte("#!/bin/sh\n"), "short": whole[:100], "half": whole[:len(whole)/8], "elf": []byte("\x7fELF\x02\x01\x01"),
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		if p, err := Read(file); !errors.Is(err, ErrNotGo) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	if _, err := Read(dir); !errors.Is(err, ErrNotGo) {
		t.Errorf("a directory: %v", err)
	}
	if _, err := Read(filepath.Join(dir, "missing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzRead damages a real program's head, where all tables are.
func FuzzRead(f *testing.F) {
	whole, err := os.ReadFile(build(f, hello, "1.24", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, "-ldflags=-s -w"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint32(0), []byte{0})
	f.Add(uint32(0x20), []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add(uint32(0x40), []byte{4, 0, 0, 0})
	f.Fuzz(func(t *testing.T, at uint32, patch []byte) {
		data := bytes.Clone(whole)
		copy(data[int(at)%len(data):], patch)
		if p, err := ReadFrom(bytes.NewReader(data)); err == nil && p.Version == "" {
			t.Error("a program without a version and no error")
		}
	})
}
