package experiment

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// place makes a HOME with a file of go env -w and a module, and returns the
// input that stands there.
func place(t *testing.T, env []string, goEnv, goMod string) Input {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "goenv")
	write(t, file, goEnv)
	if goMod != "" {
		write(t, filepath.Join(dir, "m", "go.mod"), goMod)
	}
	write(t, filepath.Join(dir, "m", "p", "p.go"), "package p\n")
	// Else go starts a process that may still write there when the test ends.
	write(t, filepath.Join(dir, ".config", "go", "telemetry", "mode"), "off")
	goBinary, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	return Input{Go: goBinary, Dir: filepath.Join(dir, "m", "p"), Environ: append([]string{
		"GOENV=" + file, "HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GOCACHE=" + filepath.Join(dir, "cache")}, env...)}
}

// TestAgainstGo compares the verdict on many values with what go itself does,
// and the toolchain that Resolve names with go's.
func TestAgainstGo(t *testing.T) {
	names := []string{"", ",", "none", "regabi", "noregabi", "nosuch", "-fieldtrack", "nofieldtrack", "none,nosuch", "fieldtrack,unified", "Arenas", " arenas"}
	for _, e := range Table() {
		names = append(names, e.Name)
	}
	for _, where := range []string{"environment", "file"} {
		for _, name := range names {
			in := place(t, []string{"GOTOOLCHAIN=local"}, "", "")
			if where == "environment" {
				in.Environ = append(in.Environ, "GOEXPERIMENT="+name)
			} else {
				in = place(t, []string{"GOTOOLCHAIN=local", "GOEXPERIMENT="}, "GOEXPERIMENT="+name+"\n", "")
			}
			c := exec.Command(in.Go, "version")
			c.Dir, c.Env = in.Dir, in.Environ
			out, goErr := c.CombinedOutput()
			findings := Lint(Resolve(in))
			fatal := slices.ContainsFunc(findings, func(f Finding) bool { return f.Kind == Fatal })
			if fatal != (goErr != nil) {
				t.Errorf("%s GOEXPERIMENT=%q: go says %q, Lint %+v", where, name, out, findings)
			}
			for _, f := range findings {
				// Go names the first of several; ours are in that order too.
				if f.Kind == Fatal {
					_, quoted, _ := strings.Cut(f.Consequence, `"`)
					quoted, _, _ = strings.Cut(quoted, `"`)
					if !strings.Contains(string(out), quoted+"\n") {
						t.Errorf("%s GOEXPERIMENT=%q: go says %q, not %q", where, name, out, quoted)
					}
					break
				}
			}
		}
	}
}

// TestEscape follows the advice given for a value that go env -w stored.
func TestEscape(t *testing.T) {
	in := place(t, []string{"GOTOOLCHAIN=local"}, "GOEXPERIMENT=nosuch\n", "")
	findings := Lint(Resolve(in))
	if len(findings) != 1 || !strings.HasPrefix(findings[0].Action, "run: go env -u GOEXPERIMENT ") {
		t.Fatalf("Lint = %+v", findings)
	}
	c := exec.Command(in.Go, "env", "-u", "GOEXPERIMENT")
	c.Dir, c.Env = in.Dir, in.Environ
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("the advice fails: %v: %s", err, out)
	}
	if findings := Lint(Resolve(in)); len(findings) != 0 {
		t.Errorf("after the advice Lint = %+v", findings)
	}
}

func TestResolve(t *testing.T) {
	local := strings.TrimPrefix(runtime.Version(), "go")
	for _, tt := range []struct {
		name       string
		env        []string
		goEnv, mod string
		final, why string // "" is the local one
	}{
		{name: "nothing"},
		{name: "old go line", env: []string{"GOTOOLCHAIN=auto"}, mod: "module m\n\ngo 1.20\n"},
		{name: "go line", env: []string{"GOTOOLCHAIN=auto"}, mod: "module m\n\ngo 1.99.3\n", final: "go1.99.3", why: "go line"},
		{name: "language version", env: []string{"GOTOOLCHAIN=auto"}, mod: "module m\n\ngo 1.99 // newest\n", final: "go1.99.0", why: "go line"},
		{name: "toolchain line", env: []string{"GOTOOLCHAIN=auto"}, mod: "module m\n\ngo 1.20\ntoolchain go1.98.1\n", final: "go1.98.1", why: "toolchain line"},
		{name: "default", env: []string{"GOTOOLCHAIN=auto"}, mod: "module m\n\ngo 1.99\ntoolchain default\n"},
		{name: "local wins", env: []string{"GOTOOLCHAIN=local"}, mod: "module m\n\ngo 1.99\n"},
		{name: "named", env: []string{"GOTOOLCHAIN=go1.20.14"}, mod: "module m\n\ngo 1.99\n", final: "go1.20.14", why: "GOTOOLCHAIN=go1.20.14"},
		{name: "named and more", env: []string{"GOTOOLCHAIN=go1.20.14+auto"}, mod: "module m\n\ngo 1.21.3\n", final: "go1.21.3", why: "go line"},
		{name: "from the file", goEnv: "GOTOOLCHAIN=go1.22.1\n", final: "go1.22.1", why: "GOTOOLCHAIN=go1.22.1"},
		{name: "environment first", env: []string{"GOTOOLCHAIN=local"}, goEnv: "GOTOOLCHAIN=go1.22.1\n"},
		{name: "the same", env: []string{"GOTOOLCHAIN=go" + local}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Resolve(place(t, tt.env, tt.goEnv, tt.mod))
			want := tt.final
			if want == "" {
				want = got.Local
			}
			if got.Local != runtime.Version() || got.Final != want || !strings.HasPrefix(got.Why, tt.why) || (tt.why == "") != (got.Why == "") {
				t.Errorf("Resolve = local %q, final %q because of %q; want %q because of %q", got.Local, got.Final, got.Why, want, tt.why)
			}
		})
	}
}

// TestUnknownRelease asks the sources of a release newer than the table, and
// of a vendor's.
func TestUnknownRelease(t *testing.T) {
	for _, v := range []string{"go1.97.2", "go1.24.6 (Red Hat 1.24.6-1)", "go1.25.3-microsoft"} {
		root := t.TempDir()
		write(t, filepath.Join(root, "VERSION"), v+"\ntime now\n")
		write(t, filepath.Join(root, "src/internal/goexperiment/flags.go"), "package goexperiment\n\ntype Flags struct {\n\tStrictFIPSRuntime bool\n\tA, B bool\n}\n")
		write(t, filepath.Join(root, "src/internal/buildcfg/zbootstrap.go"), "package buildcfg\n\nconst defaultGOEXPERIMENT = `strictfipsruntime`\n")
		in := place(t, []string{"GOROOT=" + root, "GOTOOLCHAIN=local"}, "", "")
		in.Go = ""
		if list := Lint(Resolve(in)); len(list) != 1 || list[0].Kind != Set {
			t.Errorf("%s, built-in value: Lint = %+v", v, list)
		}
		for value, want := range map[string]Kind{"strictfipsruntime": Set, "b": Set, "arenas": Fatal, "nob,unified": Fatal} {
			in.Environ = append(in.Environ, "GOEXPERIMENT="+value)
			if list := Lint(Resolve(in)); len(list) == 0 || list[0].Kind != want {
				t.Errorf("%s GOEXPERIMENT=%s: Lint = %+v, want %s", v, value, list, want)
			}
		}
	}
}

func TestNoSources(t *testing.T) {
	in := place(t, []string{"GOROOT=" + t.TempDir(), "GOTOOLCHAIN=local", "GOEXPERIMENT=arenas"}, "", "")
	in.Go = ""
	list := Lint(Resolve(in))
	if len(list) != 1 || list[0].Kind != Unsure {
		t.Errorf("Lint = %+v, want to be unsure", list)
	}
}

func TestSwitchCrash(t *testing.T) {
	tc := Toolchain{Local: "go1.24.4", Final: "go1.25.1", GOEXPERIMENT: Value{Text: "jsonv2", Origin: FromEnvironment}, GOOS: "linux", GOARCH: "amd64"}
	if list := Lint(tc); len(list) != 2 || list[0].Kind != Fatal || !strings.Contains(list[0].Consequence, "75043") {
		t.Errorf("Lint = %+v", list)
	}
	tc.Local = "go1.24.6"
	if list := Lint(tc); len(list) != 1 || list[0].Kind != Danger {
		t.Errorf("Lint = %+v", list)
	}
}

func TestFromVersion(t *testing.T) {
	for in, want := range map[string]struct {
		release string
		list    []string
	}{
		"go1.25.1 X:arenas,nodwarf5":   {"go1.25.1", []string{"arenas", "nodwarf5"}},
		"go1.26.8-X:simd":              {"go1.26.8", []string{"simd"}},
		"go1.26.8":                     {"go1.26.8", nil},
		"go1.22.1 X:range (Debian 1)":  {"go1.22.1 (Debian 1)", []string{"range"}},
		"devel go1.28-abcdef X:arenas": {"devel go1.28-abcdef", []string{"arenas"}},
		"go1.26.8-X:":                  {"go1.26.8", nil},
	} {
		rel, list := FromVersion(in)
		if rel != want.release || !slices.Equal(list, want.list) {
			t.Errorf("FromVersion(%q) = %q, %q", in, rel, list)
		}
	}
}

func FuzzResolveFiles(f *testing.F) {
	f.Add("GOEXPERIMENT=a\nGOTOOLCHAIN=go1.30+auto", "go 1.99\ntoolchain x")
	f.Add("=\n\x00A=", "go\t1.1.1.1\ntoolchain -go1")
	f.Fuzz(func(t *testing.T, goEnv, mod string) {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "env"), goEnv)
		write(t, filepath.Join(dir, "go.mod"), mod)
		tc := Resolve(Input{Dir: dir, Environ: []string{"GOENV=" + filepath.Join(dir, "env"), "HOME=" + dir}})
		tc.Local, tc.Final = "go1.26.8", "go1.26.8"
		Lint(tc)
	})
}
