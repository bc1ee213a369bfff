package modgraph

import (
	"bytes"
	"context"
	"crypto/sha256"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/gust-go/gust/internal/gocmd"
)

// A specimen is a published module with an oddity.
type specimen struct {
	module string
	// cycles are the least numbers of members of the largest cycle of
	// modules, 0 for none.
	cycle int
	self  bool
}

func specimens() map[string]specimen {
	return map[string]specimen{
		"ifrit":        {module: "github.com/tedsuo/ifrit@v0.0.0-20230516164442-7862c310ad26", cycle: 144, self: true},
		"clientgolang": {module: "github.com/prometheus/client_golang@v1.4.1", cycle: 2},
		"ginkgo":       {module: "github.com/onsi/ginkgo@v1.13.0", cycle: 2},
		"gin":          {module: "github.com/gin-gonic/gin@v1.12.0", cycle: 2},
		"gcr":          {module: "github.com/google/go-containerregistry@v0.22.1", cycle: 2},
		"prometheus":   {module: "github.com/prometheus/prometheus@v0.315.0", cycle: 4},
		"hugo":         {module: "github.com/gohugoio/hugo@v0.160.1", cycle: 2},
	}
}

// checkout copies go.mod, go.sum and, if asked, the sources of a module from
// the module cache to where they can be written.
func checkout(t *testing.T, spec string, sources bool) string {
	t.Helper()
	goRun(t, "", "mod", "download", spec)
	v := ParseVersion(spec)
	path, err := module.EscapePath(v.Path)
	if err != nil {
		t.Fatal(err)
	}
	cache := strings.TrimSpace(goRun(t, "", "env", "GOMODCACHE"))
	from := filepath.Join(cache, filepath.FromSlash(path)+"@"+v.Version)
	dir := t.TempDir()
	err = filepath.WalkDir(from, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		if base := filepath.Base(rel); !sources && base != "go.mod" && base != "go.sum" {
			return nil
		}
		if filepath.Base(rel) == "go.work" {
			return nil // names folders that the published module lacks
		}
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, rel)
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// goRun runs go in a directory. What it needs from the network is in the
// module cache after the first run.
func goRun(t *testing.T, dir string, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=", "GOTOOLCHAIN=local")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, stderr.String())
	}
	return string(out)
}

func loader(t *testing.T, dir string, env ...string) *Loader {
	t.Helper()
	g, err := gocmd.Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	g.Dir = dir
	g.Env = append(append(os.Environ(), "GOWORK=off", "GOTOOLCHAIN=local"), env...)
	l, err := NewLoader(context.Background(), LoadOptions{Go: g})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// TestRealModules holds the graph of published modules to what go list -m
// says, and sees that nothing is written although GOFLAGS invites go to.
func TestRealModules(t *testing.T) {
	for name, s := range specimens() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := checkout(t, s.module, false)
			before := hashes(t, dir)
			g, err := loader(t, dir, "GOFLAGS=-mod=mod").Graph(context.Background())
			if err != nil {
				t.Fatal(err)
			}
			if after := hashes(t, dir); !slices.Equal(before, after) {
				t.Errorf("files changed:\n%q\n%q", before, after)
			}
			// Some published modules are not tidy; go can complete this copy now.
			goRun(t, dir, "list", "-mod=mod", "-m", "all")
			var got []string
			for _, m := range g.Modules {
				got = append(got, strings.TrimSpace(m.Path+" "+m.Version.Version))
			}
			want := strings.Split(strings.TrimSpace(goRun(t, dir, "list", "-m", "-f", "{{.Path}} {{.Version}}", "all")), "\n")
			for i := range want {
				want[i] = strings.TrimSpace(want[i])
			}
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("modules are\n%q\nwant\n%q", got, want)
			}
			checkEdges(t, g, goRun(t, dir, "mod", "graph"))
			if !sameAsGoList(t, loader(t, dir, "GOFLAGS=")) && !s.self {
				t.Error("go list -m is needed for a graph that is in order")
			}
			checkCycles(t, g, s)
		})
	}
}

// checkEdges sees that every edge is a requirement that go prints, and that
// every requirement of a selected version is an edge.
func checkEdges(t *testing.T, g *Graph, printed string) {
	t.Helper()
	want := make(map[string]bool)
	for line := range strings.Lines(printed) {
		from, to, _ := strings.Cut(strings.TrimSpace(line), " ")
		a, b := ParseVersion(from), ParseVersion(to)
		if g.Selected(a) && !release(b.Path) && a.Path != b.Path {
			want[a.Path+" "+b.Path] = true
		}
	}
	for _, e := range g.Edges {
		key := g.Modules[e.From].Path + " " + g.Modules[e.To].Path
		if !want[key] {
			t.Errorf("edge %q is not a requirement", key)
		}
		delete(want, key)
	}
	for key := range want {
		t.Errorf("requirement %q is no edge", key)
	}
}

func checkCycles(t *testing.T, g *Graph, s specimen) {
	t.Helper()
	largest, self := 0, false
	for _, c := range g.Cycles() {
		if c.Kind == ModuleCycle {
			largest = max(largest, len(c.Members))
		}
		self = self || c.Kind == SelfCycle
		for i, v := range c.Example {
			next := c.Example[(i+1)%len(c.Example)]
			if c.Kind != SelfCycle && !slices.ContainsFunc(g.Requirements, func(r Requirement) bool {
				return r.From == v && (r.To == next || c.Kind == ModuleCycle && r.To.Path == next.Path)
			}) {
				t.Errorf("%s: %s does not require %s", c.Kind, v, next)
			}
		}
	}
	if largest < s.cycle || self != s.self {
		t.Errorf("largest cycle has %d modules, self %t; want %d, %t", largest, self, s.cycle, s.self)
	}
	t.Logf("%d modules, %d edges, %d requirements, largest cycle %d", len(g.Modules), len(g.Edges), len(g.Requirements), largest)
}

func hashes(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		sum := sha256.Sum256(data)
		out = append(out, path+" "+string(sum[:]))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
