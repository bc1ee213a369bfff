package lab

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gust-go/gust/bench/internal/side"
)

func TestOrderPutsEachSideFirst(t *testing.T) {
	l := Lab{}
	sides, err := l.newSides("go", "gust", "both")
	if err != nil {
		t.Fatal(err)
	}
	l.Sides = sides
	first := map[string]int{}
	for round := range 6 {
		order := l.Order(round)
		if len(order) != 3 {
			t.Fatalf("round %d has %d sides", round, len(order))
		}
		first[order[0].Title]++
	}
	for _, s := range sides {
		if first[s.Title] != 2 {
			t.Errorf("%s came first %d times of 6, want 2", s.Title, first[s.Title])
		}
	}
}

func TestNewSides(t *testing.T) {
	tests := []struct {
		lines string
		want  []string
		exact []bool
	}{
		{"exact", []string{"go", "gust"}, []bool{false, true}},
		{"relaxed", []string{"go", "gust relaxed"}, []bool{false, false}},
		{"both", []string{"go", "gust", "gust relaxed"}, []bool{false, true, false}},
	}
	for _, test := range tests {
		sides, err := (&Lab{}).newSides("go", "gust", test.lines)
		if err != nil {
			t.Fatal(err)
		}
		dirs := map[string]bool{}
		for i, s := range sides {
			if s.Title != test.want[i] || s.Exact != test.exact[i] {
				t.Errorf("%s: side %d is %q, exact %v", test.lines, i, s.Title, s.Exact)
			}
			dirs[s.Dir] = true
		}
		if len(dirs) != len(test.want) {
			t.Errorf("%s: sides share folders: %v", test.lines, dirs)
		}
	}
	if _, err := (&Lab{}).newSides("go", "gust", "some"); err == nil {
		t.Error("accepted an unknown line rule")
	}
}

func TestNextSeedNeverRepeats(t *testing.T) {
	dir := t.TempDir()
	now := time.Unix(1_790_000_000, 0)
	next := 0
	for range 3 {
		l := Lab{Work: dir} // a new run each time
		seed, err := l.NextSeed(7, now)
		if err != nil {
			t.Fatal(err)
		}
		if seed < next {
			t.Errorf("seed %d was used before: want at least %d", seed, next)
		}
		next = seed + 7
	}
}

func TestSeedFillsFreshCachesOnly(t *testing.T) {
	work, seed := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(seed, "entry"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	l := Lab{Work: work, Log: io.Discard}
	var err error
	if l.Sides, err = l.newSides("go", "gust", "both"); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(l.Sides[1].GoCache(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := l.seed(Config{Seed: seed, SeedGust: true}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, true} {
		_, err := os.Stat(filepath.Join(l.Sides[i].GoCache(), "entry"))
		if seeded := err == nil; seeded != want {
			t.Errorf("%s: seeded = %v, want %v", l.Sides[i].Title, seeded, want)
		}
	}
}

func TestFailsAlike(t *testing.T) {
	a := side.Result{Exit: 1, Output: "# p\np.go:1: x\n# q\nq.go:1: y\n"}
	tests := []struct {
		name string
		b    side.Result
		want bool
	}{
		{"same", a, true},
		{"other order", side.Result{Exit: 1, Output: "# q\nq.go:1: y\n# p\np.go:1: x\n"}, true},
		{"other code", side.Result{Exit: 2, Output: a.Output}, false},
		{"other text", side.Result{Exit: 1, Output: "# p\n"}, false},
	}
	for _, test := range tests {
		if got := failsAlike(a, test.b); got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestBreaks(t *testing.T) {
	exact, relaxed := &side.Side{Exact: true}, &side.Side{}
	tests := []struct {
		v              Verdict
		exact, relaxed bool
	}{{Equal, false, false}, {Differs, true, false}, {FailsAlike, false, false}, {FailsOtherwise, true, true}}
	for _, test := range tests {
		if got := test.v.Breaks(exact); got != test.exact {
			t.Errorf("%s breaks an exact side: %v", test.v, got)
		}
		if got := test.v.Breaks(relaxed); got != test.relaxed {
			t.Errorf("%s breaks a relaxed side: %v", test.v, got)
		}
	}
	if got := Differs.Cell(exact) + Differs.Cell(relaxed); got != "**no**no" {
		t.Errorf("cells of exact and relaxed sides are %q", got)
	}
}

func TestCommandNamesNoLocalPath(t *testing.T) {
	var c Config
	fs := flag.NewFlagSet("x", flag.ContinueOnError)
	c.Register(fs)
	module := fs.String("module", "", "")
	fs.String("run", "", "")
	err := fs.Parse([]string{"-work", "/secret", "-gust", "/secret/gust", "-seed", "/secret/cache",
		"-module", "/secret/mod", "-o", "/secret/doc.md", "-label", "it's v1", "-seed-gust", "-lines", "exact", "-run", "a|it's"})
	if err != nil || *module == "" {
		t.Fatal(err)
	}
	paths := LocalPaths()
	paths["module"] = "DIR"
	got := Command("./bench/edits", fs, paths)
	if want := "go run ./bench/edits -lines exact -module DIR -run 'a|it'\\''s' -seed GOCACHE -seed-gust"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
