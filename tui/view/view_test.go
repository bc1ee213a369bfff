package view

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/tui/state"
)

var update = flag.Bool("update", false, "write the golden screens")

var now = time.Date(2026, 1, 2, 3, 4, 9, 0, time.UTC)

// shop is a state in the middle of a run.
func shop() *state.State {
	s := state.New(state.Options{Runs: []state.Run{
		{ID: "5qv5an", Command: "build ./...", Outcome: "failed", Headline: "1 compiled, 1 failed, 41ms", When: "3m ago"},
		{ID: "erhe6r", Command: "kernel", Outcome: "ok", Headline: "1 warning, 20ms", When: "1h ago"},
	}})
	s.Started(state.Tests, []string{"test", "./..."}, now.Add(-4*time.Second))
	for _, e := range []event.Event{
		event.TestStart{Package: "example.com/shop/cart", Test: "TestCount"},
		event.TestCase{Package: "example.com/shop/cart", Test: "TestCount/購物車が空", Outcome: event.TestFailed, ElapsedNS: 120e6, Output: "    cart_test.go:9: got 2, want 1\n"},
		event.TestCase{Package: "example.com/shop/cart", Test: "TestCount", Outcome: event.TestFailed, ElapsedNS: 130e6},
		event.TestPackage{Package: "example.com/shop/cart", Outcome: "fail", Tests: 2, ElapsedNS: 140e6},
		event.TestStart{Package: "example.com/shop/stock", Test: "TestSlow"},
		event.TestSlow{Package: "example.com/shop/stock", Test: "TestSlow"},
		event.TestPackage{Package: "example.com/shop/a/very/long/path/to/a/package/whose/name/does/not/fit", Outcome: "pass", Tests: 12, Cached: true},
		event.TestPackage{Package: "example.com/shop/\x1b[31mevil", Outcome: "pass", Tests: 1},
		event.BuildPackage{ImportPath: "example.com/shop/cart", Outcome: event.Compiled, Root: true, WallNS: 30e6},
		event.TestSandbox{Package: "example.com/shop/cart", Wrote: []event.TestWrite{{Path: "out.golden", Op: "created"}}},
		event.BuildAction{ID: 1, Package: "example.com/shop/cart", Phase: "compile", Outcome: event.Compiled, Critical: true, StartNS: 1e8, DoneNS: 5e8},
		event.BuildTimings{WallNS: 1e9, CriticalNS: 4e8, LoadNS: 9e7, Parallel: 2, Critical: []int{1}},
		event.CacheStats{Dir: "/c", HoldsBytes: 5 << 20, LimitBytes: 10 << 20, Builds: 3, Compiled: 1, Reused: 3},
		event.KernelFinding{ID: "MPTCP", Title: "listeners speak Multipath TCP", Verdict: "yes", Severity: "warning"},
	} {
		s.Apply(e)
	}
	s.SetGraph(`{"modules": [{"path": "example.com/shop", "main": true}, {"path": "golang.org/x/text", "version": "v0.34.0", "direct": true},
		{"path": "golang.org/x/tools", "version": "v0.41.0"}], "edges": [{"from": "example.com/shop", "to": "golang.org/x/text", "version": "v0.34.0"},
		{"from": "golang.org/x/text", "to": "golang.org/x/tools", "version": "v0.40.0"}]}`)
	s.Apply(event.GraphPhantom{Class: "P1", Name: "graph-only", Module: "golang.org/x/tools@v0.41.0", Evidence: "no package of it is imported", Advice: "nothing to do"})
	for _, command := range []string{"cycles", "phantom"} {
		s.Joined(state.Graph, []string{"graph", command}, 0, "")
	}
	return s
}

// TestGolden holds screens to files: 40×10 has room for a line only.
func TestGolden(t *testing.T) {
	screens := map[string]func(*state.State){
		"overview": func(s *state.State) { s.Press("1") },
		"tests":    func(s *state.State) { s.Press("3"); s.Press("j"); s.Press("j") },
		"detail":   func(s *state.State) { s.Press("3"); s.Press("j"); s.Press("j"); s.Press("enter") },
		"help":     func(s *state.State) { s.Press("?") },
		"filter":   func(s *state.State) { s.Press("3"); s.Press("/"); s.Type("count") },
		"build":    func(s *state.State) { s.Press("2"); s.Press("enter"); s.Press("G") },
		"graph":    func(s *state.State) { s.Press("4"); s.Press("G"); s.Press("l"); s.Press("l") },
		"doctor":   func(s *state.State) { s.Press("6"); s.Press("G") },
	}
	for name, press := range screens {
		for _, size := range [][2]int{{40, 10}, {60, 15}, {80, 24}, {120, 40}} {
			t.Run(fmt.Sprintf("%s-%dx%d", name, size[0], size[1]), func(t *testing.T) {
				s := shop()
				s.Resize(size[1] - Chrome)
				press(s)
				got := View(s, Options{Width: size[0], Height: size[1], Title: "shop", Now: now})
				check(t, got, size[0], size[1])
				file := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "TestGolden/", "")+".txt")
				if *update {
					if err := os.WriteFile(file, []byte(got+"\n"), 0o666); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(file)
				if err != nil || got+"\n" != string(want) {
					t.Errorf("%v; the screen is\n%s\nwant\n%s", err, got, want)
				}
				// Colours add escape sequences and nothing else; ASCII is ASCII.
				color := View(s, Options{Width: size[0], Height: size[1], Title: "shop", Now: now, Color: true})
				check(t, color, size[0], size[1])
				if a, b := trimmed(ansi.Strip(color)), trimmed(got); a != b {
					t.Errorf("in colours it says\n%s", a)
				}
				ascii := View(s, Options{Width: size[0], Height: size[1], Title: "shop", Now: now, ASCII: true})
				check(t, ascii, size[0], size[1])
				if i := strings.IndexFunc(ascii, func(r rune) bool { return r > 126 }); i >= 0 {
					t.Errorf("not ASCII from %q on", ascii[i:])
				}
			})
		}
	}
}

// trimmed takes the blanks from the ends of lines.
func trimmed(text string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}

// check wants a screen to fit, and to have no control characters of a
// checkout's.
func check(t *testing.T, screen string, width, height int) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	if len(lines) > height {
		t.Errorf("%d lines on %d", len(lines), height)
	}
	for _, line := range lines {
		if w := ansi.StringWidth(line); w > width {
			t.Errorf("%d cells on %d: %q", w, width, line)
		}
	}
	if strings.Contains(screen, "[31mevil") && strings.Contains(screen, "\x1b[31mevil") {
		t.Error("a name of the checkout has changed the colour")
	}
}

// TestSizes draws screens of all kinds of sizes without a panic.
func TestSizes(t *testing.T) {
	for _, width := range []int{0, 1, 2, 3, 10, 40, 59, 60, 61, 70, 79, 80, 90, 97, 100, 109, 110, 111, 130, 200} {
		for _, height := range []int{0, 1, 2, 14, 15, 16, 50} {
			for _, keys := range []string{"1", "3", "?", "2", "4", "6"} {
				s := shop()
				s.Resize(height - Chrome)
				s.Press(keys)
				check(t, View(s, Options{Width: width, Height: height, Title: "shop", Now: now, Color: true}), width, max(height, 1))
			}
		}
	}
}

// BenchmarkView is a screen of 10,000 tests.
func BenchmarkView(b *testing.B) {
	s := state.New(state.Options{})
	for i := range 10_000 {
		s.Apply(event.TestCase{Package: fmt.Sprintf("m/%d", i%3000), Test: fmt.Sprintf("Test%d", i), Outcome: event.TestFailed})
	}
	s.Resize(36)
	s.Press("3")
	for b.Loop() {
		if View(s, Options{Width: 120, Height: 40, Title: "shop", Now: now, Color: true}) == "" {
			b.Fatal("nothing")
		}
	}
}
