package side

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestGoCounts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "graph.json")
	graph := `[
		{"ID": 0, "Mode": "link", "Cmd": ["link"]},
		{"ID": 1, "Mode": "build", "Package": "a", "Cmd": ["compile", "pack"]},
		{"ID": 2, "Mode": "build", "Package": "b", "Cmd": null},
		{"ID": 3, "Mode": "build check cache", "Package": "a"},
		{"ID": 4, "Mode": "build", "Package": "c", "Cmd": []}
	]`
	if err := os.WriteFile(file, []byte(graph), 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := goCounts(file)
	if err != nil || c.Compiled != 2 {
		t.Errorf("got %v, %v; want 2 compiles", c, err)
	}
}

func TestGustCounts(t *testing.T) {
	c, rest, err := gustCounts("# p\n" +
		`{"v":1,"type":"build.package","import_path":"p","outcome":"failed"}` + "\n" +
		"p.go:1:1: broken\n" +
		`{"v":1,"type":"build.summary","compiled":4,"reused":20,"relinked":3,"failed":1}` + "\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Counts{Compiled: 4, Reused: 20, Relinked: 3}); *c != want {
		t.Errorf("got %+v, want %+v", *c, want)
	}
	if want := "# p\np.go:1:1: broken\n"; rest != want {
		t.Errorf("output without events is %q, want %q", rest, want)
	}
	if _, _, err := gustCounts("nothing"); !errors.Is(err, errNoSummary) {
		t.Errorf("without a summary: %v, want %v", err, errNoSummary)
	}
	if _, _, err := gustCounts(`{"v":1,`); err == nil {
		t.Error("accepted a torn event")
	}
}

func TestCountsString(t *testing.T) {
	tests := []struct {
		c    *Counts
		want string
	}{{nil, "?"}, {&Counts{Compiled: 36}, "36"}, {&Counts{Compiled: 1, Reused: 25, Relinked: 1}, "1 (+26)"}}
	for _, test := range tests {
		if got := test.c.String(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestEnvKeepsSidesApart(t *testing.T) {
	s := Side{Dir: "work", GoEnv: []string{"GOMODCACHE=/mod"}}
	env := s.env([]string{"PATH=/bin", "HOME=/me", "GUST_LINES=relaxed", "GUST_CACHE=/shared", "GOCACHEPROG=x", "GOCACHE=/shared"})
	last := map[string]string{}
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		last[name] = value
	}
	for name, want := range map[string]string{
		"PATH":       "/bin",
		"GOMODCACHE": "/mod",
		"HOME":       filepath.Join("work", "home"),
		"GOCACHE":    filepath.Join("work", "gocache"),
		"GUST_CACHE": filepath.Join("work", "gust"),
	} {
		if last[name] != want {
			t.Errorf("%s=%s, want %s", name, last[name], want)
		}
	}
	for _, name := range []string{"GUST_LINES", "GOCACHEPROG"} {
		if _, ok := last[name]; ok {
			t.Errorf("%s was passed on", name)
		}
	}
}

func TestArgs(t *testing.T) {
	gust := Side{Gust: true, Flags: []string{"--lines=relaxed"}, Dir: "w"}
	want := []string{"build", "--lines=relaxed", "--json", "-buildvcs=false", "-o", gust.Binary(), "./p"}
	if got := gust.args("./p", "graph", true); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	plain := Side{Dir: "w"}
	want = []string{"build", "-debug-actiongraph=graph", "-buildvcs=false", "-o", plain.Binary(), "./p"}
	if got := plain.args("./p", "graph", true); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := plain.args("./p", "graph", false); slices.Contains(got, "-debug-actiongraph=graph") {
		t.Errorf("unobserved build writes an action graph: %q", got)
	}
}
