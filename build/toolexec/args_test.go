package toolexec

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// root makes a path absolute on the platform the test runs on.
func root(p string) string {
	if runtime.GOOS == "windows" {
		return `C:` + filepath.FromSlash(p)
	}
	return p
}

func usual(extra ...string) []string {
	args := []string{"-o", root("/tmp/go-build1/b002/_pkg_.a"), "-trimpath", root("/tmp/go-build1/b002") + "=>",
		"-p", "example.com/p", "-lang=go1.24", "-complete", "-buildid", "x/x", "-goversion", "go1.26.8",
		"-c=2", "-nolocalimports", "-importcfg", root("/tmp/go-build1/b002/importcfg"), "-pack"}
	return append(append(args, extra...), root("/src/p/a.go"), root("/src/p/b.go"))
}

func TestParseCompile(t *testing.T) {
	c, ok := parseCompile(usual("-race", "-m=2"))
	if !ok {
		t.Fatal("a compile as cmd/go issues it was not understood")
	}
	if c.byName["p"] != "example.com/p" || c.byName["c"] != "2" || c.byName["complete"] != "true" || c.byName["m"] != "2" {
		t.Errorf("flags read as %v", c.byName)
	}
	if want := []string{root("/src/p/a.go"), root("/src/p/b.go")}; !slices.Equal(c.sources, want) {
		t.Errorf("sources %q, want %q", c.sources, want)
	}
	if got := c.neutral(c.byName["trimpath"]); got != "$OBJ=>" {
		t.Errorf("trimpath is %q without this build's directories", got)
	}
}

func TestNotUnderstood(t *testing.T) {
	for name, args := range map[string][]string{
		"no arguments":     nil,
		"no sources":       usual()[:17],
		"unknown flag":     usual("-nosuchflag"),
		"profile":          usual("-cpuprofile", "/tmp/p"),
		"linker object":    usual("-linkobj", "/tmp/o"),
		"json diagnostics": usual("-json=0,/tmp/d"),
		"compiler debug":   usual("-d=ssa/check/on"),
		"flag at the end":  {"-p"},
		"relative source":  append(usual(), "c.go"),
		"flag as source":   append(usual(), "-p"),
	} {
		if _, ok := parseCompile(args); ok {
			t.Errorf("%s: understood", name)
		}
	}
	if _, ok := parseCompile(usual("-d=checkptr")); !ok {
		t.Error("-d=checkptr, which cmd/go passes with -race, is not understood")
	}
}

func TestLocal(t *testing.T) {
	s := &Session{GOROOT: root("/go"), GOMODCACHE: root("/mod")}
	with := func(std string, sources ...string) *compileArgs {
		return &compileArgs{sources: sources, byName: map[string]string{"std": std}}
	}
	for _, tt := range []struct {
		name string
		c    *compileArgs
		want bool
	}{
		{"module", with("", root("/src/a.go")), true},
		{"module cache", with("", root("/mod/x@v1.0.0/a.go")), false},
		{"std", with("true", root("/go/src/fmt/a.go")), false},
		{"like the module cache", with("", root("/module/a.go")), true},
		{"generated for the module cache", with("", root("/tmp/b1/_cgo_gotypes.go"), root("/mod/x@v1.0.0/a.go")), true},
	} {
		src := make([]string, len(tt.c.sources))
		for i, f := range tt.c.sources {
			src[i] = filepath.FromSlash(f)
		}
		tt.c.sources = src
		if got := s.local(tt.c); got != tt.want {
			t.Errorf("%s: local is %v, want %v", tt.name, got, tt.want)
		}
	}
}

// The order and values of everything that decides about the output are in the
// key; what does not is not.
func TestKey(t *testing.T) {
	cfg := &importcfg{paths: []string{"fmt"}, files: map[string]string{"fmt": "/cache/fmt"}}
	key := func(in Inputs, cfg *importcfg) string {
		k, err := in.key(cfg, "")
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	base := Inputs{Tool: "go1", Args: []string{"-p=p"}, Env: []string{"GOOS=linux"}, Files: []FileInput{{"a.go", "1"}}}
	want := key(base, cfg)
	differs := map[string]Inputs{
		"tool": {"go2", base.Args, base.Env, base.Files, nil},
		"args": {base.Tool, []string{"-p=q"}, base.Env, base.Files, nil},
		"env":  {base.Tool, base.Args, []string{"GOOS=plan9"}, base.Files, nil},
		"file": {base.Tool, base.Args, base.Env, []FileInput{{"a.go", "2"}}, nil},
		"name": {base.Tool, base.Args, base.Env, []FileInput{{"b.go", "1"}}, nil},
	}
	for name, in := range differs {
		if key(in, cfg) == want {
			t.Errorf("%s: same key", name)
		}
	}
	same := base
	same.Imports = []Import{{Path: "fmt", Export: "x"}}
	moved := &importcfg{paths: cfg.paths, files: map[string]string{"fmt": "/elsewhere/fmt"}}
	if key(same, moved) != want {
		t.Error("the key depends on where the imports are")
	}
	more := &importcfg{paths: []string{"fmt", "os"}}
	if key(base, more) == want || key(base, &importcfg{paths: cfg.paths, other: []string{"importmap a=b"}}) == want {
		t.Error("the key does not depend on the importcfg")
	}
}

// TestKeyTrimmed: with go's -trimpath the key is the same in all directories, and
// another one without.
func TestKeyTrimmed(t *testing.T) {
	root := t.TempDir()
	key := func(name, trimpath string) string {
		dir := filepath.Join(root, name)
		write := func(file, text string) string {
			file = filepath.Join(dir, file)
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, []byte(text), 0o666)); err != nil {
				t.Fatal(err)
			}
			return file
		}
		src, text := write("p.go", "package p"), write("x.txt", "x")
		cfg, err := json.Marshal(map[string]any{"Files": map[string]string{"x.txt": text}})
		if err != nil {
			t.Fatal(err)
		}
		obj := filepath.Join(t.TempDir(), "work", "b001")
		if err := os.MkdirAll(obj, 0o777); err != nil {
			t.Fatal(err)
		}
		embed := filepath.Join(obj, "embedcfg")
		if err := os.WriteFile(embed, cfg, 0o666); err != nil {
			t.Fatal(err)
		}
		c, ok := parseCompile([]string{"-o", filepath.Join(obj, "_pkg_.a"), "-trimpath", strings.ReplaceAll(trimpath, "DIR", dir) + obj + "=>",
			"-p", "m/p", "-importcfg", "x", "-pack", "-embedcfg", embed, src})
		if !ok {
			t.Fatal("not understood")
		}
		in := Inputs{Tool: "go1"}
		for _, f := range c.flags {
			if f.name == "trimpath" {
				in.Args = append(in.Args, "-trimpath="+c.neutral(f.value))
			} else if f.name == "embedcfg" {
				if err := in.addFlagFile(c, f); err != nil {
					t.Fatal(err)
				}
			}
		}
		in.Files = append(in.Files, FileInput{src, "1"})
		k, err := in.key(&importcfg{}, c.trimmedDir())
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	if key("a", "DIR=>m/p;") != key("b", "DIR=>m/p;") {
		t.Error("with -trimpath the key depends on the directory")
	}
	if key("a", "") == key("b", "") {
		t.Error("without -trimpath the key does not depend on the directory")
	}
	if key("a", "DIR=>m/p;") == key("a", "") || key("a", "DIR=>m/p;") == key("a", "DIR=>m/q;") {
		t.Error("the key does not depend on -trimpath")
	}
	if key("a", "/elsewhere=>m/p;") == key("b", "/elsewhere=>m/p;") {
		t.Error("another directory is trimmed, and the key does not depend on this one")
	}
}

func TestLogEntriesAreLines(t *testing.T) {
	s := &Session{Log: filepath.Join(t.TempDir(), "log")}
	for range 3 {
		s.log(Entry{Tool: "link", Warning: "two\nlines"})
	}
	b, err := readAll(s.Log)
	if err != nil || strings.Count(b, "\n") != 3 {
		t.Errorf("log of three entries is %q, %v", b, err)
	}
}

func readAll(file string) (string, error) {
	b, err := os.ReadFile(file)
	return string(b), err
}

func TestCompilerGODEBUG(t *testing.T) {
	for v, want := range map[string]string{
		"":                                  "",
		"gocachetest=1":                     "",
		"http2client=0":                     "http2client=0",
		"http2client=0,gocachetest=1":       "http2client=0",
		"gocachetest=1,gocachehash=1,x=y,z": "gocachehash=1,x=y,z",
	} {
		if got := compilerGODEBUG(v); got != want {
			t.Errorf("compilerGODEBUG(%q) = %q, want %q", v, got, want)
		}
	}
}
