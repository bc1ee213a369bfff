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
	got, err := run(ctx, dot, "svg", sharedCache(t))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want.Bytes()) {
		t.Errorf("SVG differs from that of go-graphviz: %d and %d bytes", len(got), want.Len())
	}
}

// run is one layout from opening the module to closing it.
func run(ctx context.Context, dot, format, cache string) ([]byte, error) {
	g, err := Open(ctx, Options{Cache: cache})
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return g.Run(ctx, dot, format, "dot")
}

// filled is a cache with the native code in it. Two fill it at once, as two
// users of gust may who draw their first picture.
var filled = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gust-layout-test-")
	if err != nil {
		return dir, err
	}
	var errs [2]error
	var wg sync.WaitGroup
	for i := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out, err := run(context.Background(), "digraph{a->b}", "plain", dir)
			if err == nil && !bytes.Contains(out, []byte("edge a b")) {
				err = fmt.Errorf("drew %q", out)
			}
			errs[i] = err
		}()
	}
	wg.Wait()
	return dir, errors.Join(errs[:]...)
})

func sharedCache(t *testing.T) string {
	t.Helper()
	dir, err := filled()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// cacheDir is a copy of the filled cache that a test may spoil.
func cacheDir(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "cache")
	if err := os.CopyFS(dir, os.DirFS(sharedCache(t))); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	return dir
}

// helperVariable makes of the test binary a process of a [Helper].
const helperVariable = "GUST_TEST_LAYOUT_CACHE"

func TestMain(m *testing.M) {
	if cache, ok := os.LookupEnv(helperVariable); ok {
		if err := Serve(context.Background(), cache, os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	code := m.Run()
	if dir, _ := filled(); dir != "" {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// TestConcurrent runs layouts at once, some with the same compiled module.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	cache, dot := sharedCache(t), grid(30)
	g, err := Open(context.Background(), Options{Cache: cache})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	want, err := g.Run(context.Background(), dot, "plain", "dot")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			draw := func() ([]byte, error) { return g.Run(context.Background(), dot, "plain", "dot") }
			if i%2 == 0 {
				draw = func() ([]byte, error) { return run(context.Background(), dot, "plain", cache) }
			}
			if got, err := draw(); err != nil || !bytes.Equal(got, want) {
				t.Errorf("a concurrent run gave %d bytes, %v; want %d", len(got), err, len(want))
			}
		}()
	}
	wg.Wait()
}

// dense is a graph that takes Graphviz minutes.
func dense() string {
	var b strings.Builder
	b.WriteString("digraph {")
	for i := range 300 {
		for k := range 12 {
			fmt.Fprintf(&b, "n%d->n%d;", i, (i*13+k*k*31+7)%300)
		}
	}
	b.WriteString("}")
	return b.String()
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	g, err := Open(context.Background(), Options{Cache: sharedCache(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := g.Run(ctx, dense(), "plain", "dot"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v, want the deadline's", err)
	}
	// Another run of the same module is none the worse for it.
	if _, err := g.Run(context.Background(), "digraph{a->b}", "plain", "dot"); err != nil {
		t.Error(err)
	}
	// Nothing is opened for nobody.
	if g, err := Open(ctx, Options{Cache: sharedCache(t)}); !errors.Is(err, context.DeadlineExceeded) || g != nil {
		t.Errorf("opened %v, %v after the end", g, err)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	for _, dot := range []string{"", "digraph {", "not a graph", "digraph { a -> }", "digraph {\x00"} {
		if _, err := run(context.Background(), dot, "plain", sharedCache(t)); err == nil {
			t.Errorf("%q gave no error", dot)
		}
	}
	g, err := Open(context.Background(), Options{Cache: sharedCache(t)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if _, err := g.Run(context.Background(), "digraph{a}", "plain", "nosuch"); !errors.Is(err, ErrRefused) {
		t.Errorf("an unknown engine gave %v", err)
	}
	for _, dot := range []string{"digraph{}", "digraph{a}", `digraph{"ü \"q\" 模块" -> b}`} {
		if _, err := run(context.Background(), dot, "json0", sharedCache(t)); err != nil {
			t.Errorf("%q: %v", dot, err)
		}
	}
}

// TestDamagedCache flips a bit in what the cache holds, and cuts it off: the
// picture is the same, and the damaged code is gone.
func TestDamagedCache(t *testing.T) {
	want, err := run(context.Background(), grid(9), "plain", sharedCache(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]byte) []byte{
		"cut":   func(b []byte) []byte { return b[:len(b)/2] },
		"flip":  func(b []byte) []byte { b[len(b)/3] ^= 0x40; return b },
		"empty": func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := cacheDir(t)
			spoiled := spoilAll(t, cache, spoil)
			got, err := run(context.Background(), grid(9), "plain", cache)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			for path, bad := range spoiled {
				if now, err := os.ReadFile(path); err == nil && bytes.Equal(now, bad) {
					t.Errorf("%s is still damaged", filepath.Base(path))
				}
			}
		})
	}
}

// spoilAll spoils every file of a folder and returns what they hold now.
func spoilAll(t *testing.T, dir string, spoil func([]byte) []byte) map[string][]byte {
	t.Helper()
	spoiled := make(map[string][]byte)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		spoiled[path] = spoil(data)
		return os.WriteFile(path, spoiled[path], 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(spoiled) == 0 {
		t.Fatal("the cache holds nothing to spoil")
	}
	return spoiled
}
