package experiment

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite testdata/releases.txt from the toolchains' sources")

// releases are the toolchains behind the table, one for each minor version.
func releases() []string {
	return []string{"go1.20.14", "go1.21.13", "go1.22.12", "go1.23.12", "go1.24.6", "go1.25.12", "go1.26.8", "go1.27.0"}
}

func ports() []string {
	return []string{
		"linux/386", "linux/amd64", "linux/arm", "linux/arm64", "linux/loong64", "linux/mips64le", "linux/mipsle",
		"linux/ppc64", "linux/ppc64le", "linux/riscv64", "linux/s390x", "darwin/arm64", "windows/amd64", "aix/ppc64",
	}
}

// tableText renders the table for the releases and ports above.
func tableText(minor int) string {
	var b strings.Builder
	names, _ := Names(minor)
	for _, port := range ports() {
		goos, goarch, _ := strings.Cut(port, "/")
		fmt.Fprintf(&b, "1.%d %s", minor, port)
		for _, name := range names {
			e, _ := Lookup(name)
			if !e.OnByDefault(minor, goos, goarch) {
				name = "no" + name
			}
			b.WriteString(" " + name)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// TestTable holds the table to what the parsers of the eight toolchains said;
// -update asks them again, which downloads them.
func TestTable(t *testing.T) {
	file := filepath.Join("testdata", "releases.txt")
	if *update {
		var all strings.Builder
		for _, v := range releases() {
			minor, _ := Minor(v)
			all.WriteString(askParser(t, toolchainRoot(t, v), minor))
		}
		if err := os.WriteFile(file, []byte(all.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for minor := First; minor <= Last; minor++ {
		got.WriteString(tableText(minor))
	}
	compareLines(t, got.String(), string(want))
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	if len(g) != len(w) {
		t.Fatalf("the table has %d lines, the toolchains %d", len(g), len(w))
	}
	for i := range g {
		if g[i] != w[i] {
			t.Errorf("the table says\n\t%s\nthe toolchain\n\t%s", g[i], w[i])
		}
	}
}

// TestTableAgainstThisToolchain asks the parser of the go at hand, whichever
// it is, so that the table cannot fall behind unnoticed.
func TestTableAgainstThisToolchain(t *testing.T) {
	root := strings.TrimSpace(output(t, "", nil, "go", "env", "GOROOT"))
	rel, _ := release(versionFile(root))
	minor, ok := Minor(rel)
	if !ok || minor < First || minor > Last {
		t.Skipf("SKIPPED: the table ends at Go 1.%d and this is %q", Last, versionFile(root))
	}
	compareLines(t, tableText(minor), askParser(t, root, minor))
	r, err := ReadSources(root)
	if err != nil {
		t.Fatal(err)
	}
	if names, _ := Names(minor); !slices.Equal(r.Names, names) {
		t.Errorf("ReadSources found %q, the table has %q", r.Names, names)
	}
}

func toolchainRoot(t *testing.T, v string) string {
	return strings.TrimSpace(output(t, "", []string{"GOTOOLCHAIN=" + v}, "go", "env", "GOROOT"))
}

func output(t *testing.T, dir string, env []string, program string, args ...string) string {
	t.Helper()
	c := exec.Command(program, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), env...)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
	return string(out)
}

// askParser builds a program around the toolchain's own ParseGOEXPERIMENT and
// prints what it says for every port.
func askParser(t *testing.T, goroot string, minor int) string {
	t.Helper()
	dir := t.TempDir()
	src := filepath.Join(goroot, "src", "internal")
	copySource(t, filepath.Join(src, "goexperiment", "flags.go"), filepath.Join(dir, "goexperiment", "flags.go"))
	copySource(t, filepath.Join(src, "buildcfg", "exp.go"), filepath.Join(dir, "buildcfg", "exp.go"))
	write(t, filepath.Join(dir, "buildcfg", "stub.go"), `package buildcfg

import "runtime"

const (
	GOOS, GOARCH        = runtime.GOOS, runtime.GOARCH
	defaultGOEXPERIMENT = ""
)

var Error error

func envOr(string, string) string { return "" }
`)
	write(t, filepath.Join(dir, "go.mod"), "module oracle\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "main.go"), `package main

import (
	"fmt"
	"os"
	"sort"
	"strings"

	"oracle/buildcfg"
)

func main() {
	for _, port := range os.Args[2:] {
		goos, goarch, _ := strings.Cut(port, "/")
		flags, err := buildcfg.ParseGOEXPERIMENT(goos, goarch, "")
		if err != nil {
			panic(err)
		}
		all := flags.All()
		for i, name := range all {
			all[i] = strings.TrimPrefix(name, "no") + " " + name
		}
		sort.Strings(all)
		for i := range all {
			_, all[i], _ = strings.Cut(all[i], " ")
		}
		fmt.Println(os.Args[1], port, strings.Join(all, " "))
	}
}
`)
	args := append([]string{"run", ".", fmt.Sprintf("1.%d", minor)}, ports()...)
	return output(t, dir, []string{"GOWORK=off", "GOFLAGS="}, "go", args...)
}

func copySource(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, strings.ReplaceAll(string(b), `"internal/goexperiment"`, `"oracle/goexperiment"`))
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
