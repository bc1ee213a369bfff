package render

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/modgraph"
	"github.com/gust-go/gust/modgraph/render/layout"
)

// odd is a view with names that formats have to escape.
func odd() *modgraph.View {
	v := &modgraph.View{Title: `m "quoted" <b>&amp; 模块`, Unit: "module", Modules: 4, Requirements: 4}
	for i, name := range []string{"example.com/main", `example.com/"quoted"\n`, "例え.jp/模块/日本語", "example.com/</script><script>alert(1)</script>"} {
		kind := modgraph.IndirectNode
		if i == 0 {
			kind = modgraph.MainNode
		}
		v.Nodes = append(v.Nodes, modgraph.Node{ID: name, Label: name, Detail: "v1.0.0", Kind: kind, Members: []string{name + "@v1.0.0"}, URL: "https://example.com/?a=1&b=\"2\""})
	}
	v.Links = []modgraph.Link{{From: 0, To: 1, Style: modgraph.Solid}, {From: 0, To: 2, Style: modgraph.Dashed}, {From: 1, To: 2, Style: modgraph.Solid}, {From: 2, To: 3, Style: modgraph.Dotted}}
	return v
}

// large is a view of n nodes with a structure like that of real graphs.
func large(n int) *modgraph.View {
	v := &modgraph.View{Title: "large", Unit: "module", Modules: n}
	for i := range n {
		kind := modgraph.IndirectNode
		if i == 0 {
			kind = modgraph.MainNode
		}
		v.Nodes = append(v.Nodes, modgraph.Node{ID: fmt.Sprintf("example.com/m%d", i), Label: fmt.Sprintf("example.com/m%d", i), Detail: "v1.0.0", Kind: kind, Members: []string{"m"}})
		if i > 0 {
			v.Links = append(v.Links, modgraph.Link{From: (i - 1) / 3, To: i, Style: modgraph.Solid})
		}
	}
	v.Requirements = len(v.Links)
	return v
}

func cache(t *testing.T) string {
	t.Helper()
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "gust", "layout")
}

func render(t *testing.T, v *modgraph.View, format string) []byte {
	t.Helper()
	var out bytes.Buffer
	notice := func(s string) { t.Logf("%s: %s", format, s) }
	if err := Draw(context.Background(), &out, v, Options{Format: format, Cache: cache(t), Notice: notice}); err != nil {
		t.Fatalf("%s: %v", format, err)
	}
	return out.Bytes()
}

func TestFormats(t *testing.T) {
	views := map[string]*modgraph.View{"odd": odd(), "empty": {Unit: "module"}, "one": large(1), "some": large(40)}
	for name, v := range views {
		for _, format := range Formats() {
			if format == "json" {
				continue
			}
			first := render(t, v, format)
			if again := render(t, v, format); !bytes.Equal(first, again) {
				t.Errorf("%s as %s is not the same twice", name, format)
			}
			check(t, name, format, first, len(v.Nodes), len(v.Links))
		}
	}
	if err := Draw(context.Background(), io.Discard, odd(), Options{Format: "gif"}); !errors.Is(err, ErrFormat) {
		t.Errorf("gif: error %v", err)
	}
}

// check holds a document to its format.
func check(t *testing.T, name, format string, data []byte, nodes, links int) {
	t.Helper()
	switch format {
	case "svg":
		dec := xml.NewDecoder(bytes.NewReader(data))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Errorf("%s: SVG is no XML: %v", name, err)
				break
			}
		}
		if got := bytes.Count(data, []byte(`class="node `)); got != nodes {
			t.Errorf("%s: SVG has %d nodes, want %d", name, got, nodes)
		}
		if got := bytes.Count(data, []byte(`class="link"`)); got != links {
			t.Errorf("%s: SVG has %d links, want %d", name, got, links)
		}
	case "png":
		if _, err := png.Decode(bytes.NewReader(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	case "pdf":
		if !bytes.HasPrefix(data, []byte("%PDF-")) || !bytes.Contains(data[max(0, len(data)-32):], []byte("%%EOF")) {
			t.Errorf("%s: no PDF", name)
		}
	case "html":
		if bytes.Count(data, []byte("</script>")) != 2 {
			t.Errorf("%s: a name ends the script", name)
		}
		for _, word := range []string{"src=", "@import", "url(", "fetch(", "XMLHttpRequest"} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s: HTML has %q, which may load something", name, word)
			}
		}
	}
}

// TestDOT has the real dot read what we write, and count the nodes.
func TestDOT(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		t.Skip("SKIPPED: there is no dot to check DOT with; apt-get install graphviz")
	}
	for name, v := range map[string]*modgraph.View{"odd": odd(), "empty": {Unit: "module"}, "one": large(1), "many": large(200)} {
		cmd := exec.Command(dot, "-Tplain")
		cmd.Stdin = strings.NewReader(DOT(v))
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: dot: %v", name, err)
		}
		if got := len(regexp.MustCompile(`(?m)^node `).FindAll(out, -1)); got != len(v.Nodes) {
			t.Errorf("%s: dot sees %d nodes, want %d", name, got, len(v.Nodes))
		}
	}
}

// TestGeometry sees that boxes have the size of their text, do not overlap,
// and that arrows end at the box they lead to.
func TestGeometry(t *testing.T) {
	v := large(60)
	s, err := Place(context.Background(), v, Options{Cache: cache(t), Notice: func(s string) { t.Log(s) }})
	if err != nil {
		t.Fatal(err)
	}
	checkScene(t, s)
}

func checkScene(t *testing.T, s *Scene) {
	t.Helper()
	for i, a := range s.Boxes {
		if textWidth(a.Label, labelSize) > a.W || a.X < 0 || a.Y < 0 || a.X+a.W > s.W || a.Y+a.H > s.H {
			t.Errorf("box %d is at %+v in a scene of %v by %v", i, a.Rect, s.W, s.H)
		}
		for k, b := range s.Boxes[:i] {
			if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
				t.Errorf("boxes %d and %d overlap", i, k)
			}
		}
	}
	for _, c := range s.Curves {
		b := s.Boxes[s.View.Links[c.Link].To]
		const near = 3
		if c.Tip.X < b.X-near || c.Tip.X > b.X+b.W+near || c.Tip.Y < b.Y-near || c.Tip.Y > b.Y+b.H+near {
			t.Errorf("arrow %d ends at %v, not at the box %+v", c.Link, c.Tip, b.Rect)
		}
	}
}

// TestFallback draws what no engine finishes: a dense graph, in bounded time.
func TestFallback(t *testing.T) {
	if testing.Short() {
		t.Skip("SKIPPED: takes as long as the engines may")
	}
	v := large(400)
	for i := range v.Nodes {
		for k := range 3 {
			if to := (i*37 + k*k*101 + 13) % len(v.Nodes); to != i && !slices.ContainsFunc(v.Links, func(l modgraph.Link) bool { return l.From == i && l.To == to }) {
				v.Links = append(v.Links, modgraph.Link{From: i, To: to, Style: modgraph.Solid})
			}
		}
	}
	var notices []string
	began := time.Now()
	s, err := Place(context.Background(), v, Options{Cache: cache(t), Notice: func(s string) { notices = append(notices, s) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s after %v: %q", s.Engine, time.Since(began), notices)
	if len(s.Boxes) != len(v.Nodes) || len(s.Curves) != len(v.Links) {
		t.Errorf("%d boxes and %d curves", len(s.Boxes), len(s.Curves))
	}
	if s.Engine != "dot" && len(notices) == 0 {
		t.Error("nobody was told that another engine took over")
	}
	checkScene(t, func() *Scene { s := columns(v); s.finish(); return s }())
}

// TestPlacement sees that texts and colours have no say in where things are,
// nor has it any whether Graphviz has a process of its own.
func TestPlacement(t *testing.T) {
	clustered := large(30)
	for i := range clustered.Nodes {
		n := &clustered.Nodes[i]
		n.Cluster = fmt.Sprintf("example.com/%d", i%4)
		n.Kind = []modgraph.NodeKind{modgraph.DirectNode, modgraph.GhostNode, modgraph.CycleNode, modgraph.IndirectNode}[i%4]
	}
	for name, v := range map[string]*modgraph.View{"odd": odd(), "clustered": clustered, "large": large(200)} {
		g, err := layout.Open(context.Background(), layout.Options{Cache: cache(t)})
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		full := func(ctx context.Context, _, format, engine string) ([]byte, error) {
			return g.Run(ctx, DOT(v), format, engine)
		}
		want, err := graphvizScene(context.Background(), full, v, "dot")
		if err != nil {
			t.Fatal(err)
		}
		got, err := graphvizScene(context.Background(), g.Run, v, "dot")
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: scenes differ: %+v\nwant %+v", name, got, want)
		}
		want.finish()
		var notices []string
		none := layout.NewHelper([]string{os.Args[0] + "-nosuch"}, nil)
		got, err = Place(context.Background(), v, Options{Helper: none, Cache: cache(t), Notice: func(s string) { notices = append(notices, s) }})
		if err != nil || !reflect.DeepEqual(got, want) || len(notices) != 1 {
			t.Errorf("%s: without a process for Graphviz: %+v, %v, %q\nwant %+v", name, got, err, notices, want)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Place(ctx, large(10), Options{Notice: func(string) {}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestBrowser opens the page in a browser, searches, clicks and collapses.
func TestBrowser(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("SKIPPED: there is no Chromium to open pages with; apt-get install chromium")
	}
	page := string(render(t, large(40), "html"))
	script := `<script>
const results = [];
const want = (what, ok) => results.push((ok ? "ok " : "FAILED ") + what);
const shown = s => document.querySelectorAll(s).length;
const key = (el, k) => el.dispatchEvent(new KeyboardEvent("keydown", {key: k, bubbles: true, cancelable: true}));
window.addEventListener("error", e => results.push("FAILED " + e.message));
const search = document.getElementById("search");
search.value = "m17"; search.dispatchEvent(new Event("input"));
want("search", document.getElementById("hits").textContent === "1 found" && shown(".node.hit") === 1);
key(search, "Enter");
want("enter selects", shown(".node.sel") === 1 && !document.getElementById("panel").hidden);
want("path is lit", shown(".link.up") === 3 && document.querySelectorAll("#panel ol li").length === 4);
key(document.body, "f");
want("focus hides", shown(".node.hidden") > 20);
key(document.body, "Escape");
want("escape shows", shown(".node.hidden") === 0 && document.getElementById("panel").hidden);
document.querySelector('.node[data-n="4"] rect').dispatchEvent(new MouseEvent("click", {bubbles: true, cancelable: true}));
want("click selects", document.querySelector("#panel h2").textContent === "example.com/m4");
const box = document.getElementById("view").getAttribute("viewBox");
key(document.body, "+");
want("zoom", document.getElementById("view").getAttribute("viewBox") !== box);
const before = document.documentElement.dataset.theme;
key(document.body, "t");
want("theme", document.documentElement.dataset.theme !== before);
const c = document.getElementById("collapse");
c.value = "org"; c.dispatchEvent(new Event("change"));
want("collapse", shown("#groups .node") > 0 && document.getElementById("nodes").classList.contains("hidden"));
c.value = ""; c.dispatchEvent(new Event("change"));
key(document.body, "c");
want("cycles", document.getElementById("hits").textContent === "0 in cycles");
want("no network", performance.getEntriesByType("resource").length === 0);
document.body.dataset.results = results.join("|");
</script>`
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(strings.Replace(page, "</body>", script+"</body>", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file).Output()
	if err != nil {
		t.Fatalf("%s: %v", browser, err)
	}
	found := regexp.MustCompile(`data-results="([^"]*)"`).FindSubmatch(out)
	if found == nil {
		t.Fatalf("the page did not report results:\n%.2000s", out)
	}
	for _, r := range strings.Split(string(found[1]), "|") {
		t.Log(r)
		if !strings.HasPrefix(r, "ok ") {
			t.Error(r)
		}
	}
}
