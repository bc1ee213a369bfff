package cutoff_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
)

// A compiler compiles packages that import nothing of the standard library,
// with the compiler of the go in PATH.
type compiler struct {
	t       *testing.T
	tool    string
	dir     string
	archive map[string]string // of each package compiled so far
}

func newCompiler(t *testing.T) *compiler {
	t.Helper()
	out, err := exec.Command("go", "tool", "-n", "compile").Output()
	if err != nil {
		t.Fatalf("find the compiler: %v", err)
	}
	return &compiler{t, strings.TrimSpace(string(out)), t.TempDir(), map[string]string{}}
}

// plain compiles a package as go build does and makes it importable.
func (c *compiler) plain(path, src string) *objfile.Archive {
	c.t.Helper()
	out := filepath.Join(c.dir, strings.ReplaceAll(path, "/", "_")+".a")
	c.archive[path] = out
	return c.run(path, src, out)
}

// marked compiles a package with sync markers.
func (c *compiler) marked(path, src string) *objfile.Archive {
	c.t.Helper()
	return c.run(path, src, filepath.Join(c.dir, "marked.a"), "-d=syncframes=0")
}

func (c *compiler) run(path, src, out string, extra ...string) *objfile.Archive {
	c.t.Helper()
	file := filepath.Join(c.dir, filepath.Base(path)+".go")
	var cfg strings.Builder
	for p, a := range c.archive {
		if p != path {
			fmt.Fprintf(&cfg, "packagefile %s=%s\n", p, a)
		}
	}
	write(c.t, file, src)
	write(c.t, filepath.Join(c.dir, "importcfg"), cfg.String())
	args := append([]string{"-p", path, "-pack", "-complete", "-o", out, "-trimpath", c.dir + "=>/src",
		"-buildid", "x/x", "-importcfg", filepath.Join(c.dir, "importcfg")}, extra...)
	if msg, err := exec.Command(c.tool, append(args, file)...).CombinedOutput(); err != nil {
		c.t.Fatalf("compile %s: %v\n%s\n%s", path, err, msg, src)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := objfile.Parse(b)
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// iface strips a marked compile of the package and returns its interface with
// a complete layout, as it stands in the store.
func (c *compiler) iface(path, src string, in cutoff.Inherited) *cutoff.Interface {
	c.t.Helper()
	e, err := cutoff.ParseExport(c.marked(path, src).Export)
	if err != nil {
		c.t.Fatal(err)
	}
	plain, layout, err := cutoff.Strip(e)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := layout.Complete(plain, in); err != nil {
		c.t.Fatal(err)
	}
	if layout, err = cutoff.ParseLayout(layout.Bytes()); err != nil {
		c.t.Fatal(err)
	}
	return &cutoff.Interface{Export: plain, Layout: layout}
}

func digest(t *testing.T, x *cutoff.Interface) cutoff.Digest {
	t.Helper()
	d, err := x.PositionFree()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}
