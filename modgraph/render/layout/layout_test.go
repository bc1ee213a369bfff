package layout

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	upstream "github.com/goccy/go-graphviz"
)

// moduleSum is the SHA-256 of graphviz.wasm in go-graphviz v0.2.10.
const moduleSum = "7cc5b0a5f176aeaa69760ed5dc3282ceda2b1b04229b22de77bb0a5eab45578e"

func TestModuleIsUpstreams(t *testing.T) {
	sum := sha256.Sum256(module)
	if got := hex.EncodeToString(sum[:]); got != moduleSum {
		t.Errorf("graphviz.wasm has SHA-256 %s, want %s", got, moduleSum)
	}
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/goccy/go-graphviz").Output()
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "wasm", "graphviz.wasm"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(theirs, module) {
		t.Error("graphviz.wasm is not the one of the go-graphviz that go.mod names")
	}
}

// grid is a graph with labels that need quoting.
func grid(n int) string {
	var b strings.Builder
	b.WriteString("digraph g {\n rankdir=LR;\n")
	for i := range n {
		fmt.Fprintf(&b, " n%d [label=\"a \\\"b\\\" %d\"];\n n%d -> n%d;\n n%d -> n%d;\n", i, i, i, (i*7+1)%n, i/3, i)
	}
	b.WriteString("}\n")
	return b.String()
}

// TestAgreesWithGoGraphviz compares with the library whose module this is.
func TestAgreesWithGoGraphviz(t *testing.T) {
	ctx := context.Background()
	dot := grid(40)
	g, err := upstream.New(ctx)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := upstream.ParseBytes([]byte(dot))
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := g.Render(ctx, parsed, upstream.SVG, &want); err != nil {
		t.Fatal(err)
	}
	got, err := Run(ctx, dot, "svg", Options{Cache: cacheDir(t)})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("SVG differs from that of go-graphviz: %d and %d bytes", len(got), want.Len())
	}
}

func cacheDir(t *testing.T) string { return filepath.Join(t.TempDir(), "cache") }

func TestConcurrent(t *testing.T) {
	cache, dot := cacheDir(t), grid(30)
	want, err := Run(context.Background(), dot, "plain", Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if got, err := Run(context.Background(), dot, "plain", Options{Cache: cache}); err != nil || !bytes.Equal(got, want) {
				t.Errorf("a concurrent run gave %d bytes, %v; want %d", len(got), err, len(want))
			}
		}()
	}
	wg.Wait()
}

func TestCancellation(t *testing.T) {
	cache := cacheDir(t)
	if _, err := Run(context.Background(), "digraph{a}", "plain", Options{Cache: cache}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	// A dense graph that takes Graphviz minutes.
	var b strings.Builder
	b.WriteString("digraph {")
	for i := range 300 {
		for k := range 12 {
			fmt.Fprintf(&b, "n%d->n%d;", i, (i*13+k*k*31+7)%300)
		}
	}
	b.WriteString("}")
	if _, err := Run(ctx, b.String(), "plain", Options{Cache: cache}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the deadline's", err)
	}
	// Another run is none the worse for it.
	if _, err := Run(context.Background(), "digraph{a->b}", "plain", Options{Cache: cache}); err != nil {
		t.Error(err)
	}
}

func TestBadInput(t *testing.T) {
	for _, dot := range []string{"", "digraph {", "not a graph", "digraph { a -> }", "digraph {\x00"} {
		if _, err := Run(context.Background(), dot, "plain", Options{Cache: sharedCache(t)}); err == nil {
			t.Errorf("%q gave no error", dot)
		}
	}
	if _, err := Run(context.Background(), "digraph{a}", "plain", Options{Engine: "nosuch", Cache: sharedCache(t)}); err == nil {
		t.Error("an unknown engine gave no error")
	}
	for _, dot := range []string{"digraph{}", "digraph{a}", `digraph{"ü \"q\" 模块" -> b}`} {
		if _, err := Run(context.Background(), dot, "json0", Options{Cache: sharedCache(t)}); err != nil {
			t.Errorf("%q: %v", dot, err)
		}
	}
}

// sharedCache spares the tests that do not look at it the compilation.
var sharedOnce = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "gust-layout-test-") })

func sharedCache(t *testing.T) string {
	dir, err := sharedOnce()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestMain(m *testing.M) {
	code := m.Run()
	if dir, err := sharedOnce(); err == nil {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// TestDamagedCache flips a bit in what the cache holds, and cuts it off.
func TestDamagedCache(t *testing.T) {
	cache := cacheDir(t)
	want, err := Run(context.Background(), grid(9), "plain", Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":  func(b []byte) []byte { return b[:len(b)/2] },
		"flip": func(b []byte) []byte { b[len(b)/3] ^= 0x40; return b },
	} {
		n := 0
		err := filepath.WalkDir(cache, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			n++
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, spoil(data), 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Logf("%s: the cache is empty and is filled again", name)
		}
		got, err := Run(context.Background(), grid(9), "plain", Options{Cache: cache})
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d bytes, %v", name, len(got), err)
		}
	}
}
