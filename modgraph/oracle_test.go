package modgraph

import (
	"context"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestPhantomOracles holds phantoms of published modules to go mod why and go
// mod tidy.
func TestPhantomOracles(t *testing.T) {
	dir := checkout(t, specimens()["gin"].module, true)
	ctx := context.Background()
	l := loader(t, dir, "GOFLAGS=-mod=mod")
	before := hashes(t, dir)
	g, err := l.Graph(ctx)
	if err != nil {
		t.Fatal(err)
	}
	found, err := l.Phantoms(ctx, g, PhantomOptions{Deep: true})
	if err != nil {
		t.Fatal(err)
	}
	if after := hashes(t, dir); !slices.Equal(before, after) {
		t.Error("files changed")
	}
	var got, want []string
	classes := map[Class]int{}
	for _, p := range found {
		classes[p.Class]++
		if p.Class == GraphOnly {
			got = append(got, p.Module.Path)
		}
	}
	for line := range strings.Lines(goRun(t, dir, "mod", "why", "-m", "all")) {
		if rest, ok := strings.CutPrefix(line, "(main module does not need module "); ok {
			want = append(want, strings.TrimSuffix(strings.TrimSpace(rest), ")"))
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) || len(got) == 0 {
		t.Errorf("graph-only are %q, go mod why says %q", got, want)
	}
	cmd := exec.Command("go", "mod", "tidy", "-diff")
	cmd.Dir = dir
	cmd.Env = append(cmd.Environ(), "GOWORK=off", "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); (err == nil) != (classes[Mismarked] == 0) {
		t.Errorf("%d mismarked, go mod tidy -diff: %v\n%s", classes[Mismarked], err, out)
	}
	t.Logf("%v", classes)
}

func TestReduction(t *testing.T) {
	for _, tt := range []struct {
		n           int
		edges, want string
	}{
		{3, "0-1 1-2 0-2", "0-1 1-2"},
		{4, "0-1 0-2 1-3 2-3 0-3", "0-1 0-2 1-3 2-3"},
		{3, "0-1 1-0 1-2 0-2", "0-1 1-0 1-2"},
		{5, "0-1 1-2 2-1 2-3 1-3 0-3 3-4 0-4", "0-1 1-2 2-1 2-3 3-4"},
		{1, "", ""},
	} {
		var pairs [][2]int
		for _, e := range strings.Fields(tt.edges) {
			pairs = append(pairs, [2]int{int(e[0] - '0'), int(e[2] - '0')})
		}
		var got []string
		kept := reduction(tt.n, pairs)
		for i, k := range kept {
			if k {
				got = append(got, strings.Fields(tt.edges)[i])
			}
		}
		if len(got) != len(strings.Fields(tt.want)) || reachable(tt.n, pairs, nil) != reachable(tt.n, pairs, kept) {
			t.Errorf("%s reduces to %q, want %q", tt.edges, got, tt.want)
		}
	}
}

// reachable describes what can be reached from where.
func reachable(n int, edges [][2]int, keep []bool) string {
	var b strings.Builder
	for start := range n {
		seen := map[int]bool{}
		todo := []int{start}
		for len(todo) > 0 {
			v := todo[0]
			todo = todo[1:]
			for i, e := range edges {
				if (keep == nil || keep[i]) && e[0] == v && !seen[e[1]] {
					seen[e[1]] = true
					todo = append(todo, e[1])
				}
			}
		}
		for k := range n {
			if seen[k] {
				b.WriteByte('1')
			} else {
				b.WriteByte('0')
			}
		}
	}
	return b.String()
}

func FuzzDecoders(f *testing.F) {
	f.Add([]byte("a b@v1.0.0\n"))
	f.Add([]byte(`{"Path":"a"}`))
	f.Add([]byte("require (\n\ta v1.0.0 // indirect\n)\n"))
	f.Add([]byte("# a v1.0.0 => ../b\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		// None of them may panic, whatever go or a file says.
		_, _ = parseRequirements(string(data))
		_, _ = parseBuildList(data)
		_, _ = decodePackages(strings.NewReader(string(data)))
		_, _ = parseVulns(strings.NewReader(string(data)))
		_ = parseVendor(data)
		_ = sumVersions(data)
		for path := range indirects(data) {
			if path == "" {
				t.Error("an empty path is indirect")
			}
		}
	})
}

func TestSymbolPackage(t *testing.T) {
	for name, want := range map[string]string{
		"main.main":                             "example.com/app",
		"runtime.mallocgc":                      "runtime",
		"github.com/a/b.(*T).M":                 "github.com/a/b",
		"gopkg.in/yaml%2ev3.Marshal":            "gopkg.in/yaml.v3",
		"slices.SortFunc[go.shape.[]a/b.T,int]": "slices",
		"type:*github.com/a/b.T":                dataName,
		"go:itab.*github.com/a/b.T,io.Reader":   "github.com/a/b",
		"_cgo_init":                             dataName,
		"":                                      dataName,
	} {
		if got := symbolPackage(name, "example.com/app"); got != want {
			t.Errorf("symbolPackage(%q) = %q, want %q", name, got, want)
		}
	}
}
