package timings

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// seen is what testdata/drive.js reports.
type seen struct {
	Error                                                                      string
	Count, Filtered, None, Without, Long, Critical, All, Order, Selected, Last string
	Title, Theme, Focus                                                        string
	Pressed, Cards, FilteredNames, Sorted                                      []string
	Path, Rows, Images, Scripts                                                int
	Ink                                                                        []int
	Scrolled, Zoomed, Unzoomed, Tip                                            bool
}

// TestBrowser drives the page of a build of 1,000 packages, some with hostile
// names, in Chromium.
func TestBrowser(t *testing.T) {
	in := random(rand.New(rand.NewPCG(11, 12)), 1000)
	for i, name := range hostile {
		in.Actions[i+1].Package = strings.ToValidUTF8(name, "\uFFFD")
	}
	in.Title = hostile[0]
	r := New(in)
	got := drive(t, string(checkPage(t, r)))
	if got.Error != "" {
		t.Fatalf("the script failed: %s", got.Error)
	}

	units := r.units()
	shown := func(keep func(*unit) bool) string {
		n := 0
		for _, u := range units {
			if u.Outcome != event.Cached && keep(u) {
				n++
			}
		}
		return fmt.Sprintf("%s of 1,000 shown", thousands(n))
	}
	took := func(u *unit) int64 { return u.Spans[0].Done - u.Spans[0].Start }
	all := shown(func(*unit) bool { return true })
	for what, pair := range map[string][2]string{
		"all":       {got.Count, all},
		"filtered":  {got.Filtered, shown(func(u *unit) bool { return strings.Contains(u.Name, "area3") && strings.Contains(u.Name, "p1") })},
		"none":      {got.None, "0 of 1,000 shown"},
		"toggled":   {got.Without, shown(func(u *unit) bool { return u.Outcome != event.Compiled })},
		"long":      {got.Long, shown(func(u *unit) bool { return took(u) >= 100e6 })},
		"critical":  {got.Critical, shown(func(u *unit) bool { return u.Spans[0].Critical })},
		"all again": {got.All, all},
		"title":     {got.Title, in.Title + " – timings"},
		"order":     {got.Order, "took"}, // since there are many
		"focus":     {got.Focus, "filter"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: the page shows %q, want %q", what, pair[0], pair[1])
		}
	}
	var names []string
	for _, u := range units {
		if u.Outcome != event.Cached {
			names = append(names, u.Name)
		}
	}
	sort.Slice(names, func(i, j int) bool { return names[i] < names[j] })
	if want := append([]string{"ascending"}, names[:3]...); !slices.Equal(got.Sorted, want) {
		t.Errorf("sorted by name the table begins with %q, want %q", got.Sorted, want)
	}
	if got.Selected != names[1] || got.Last != names[len(names)-1] || got.Rows != len(names) {
		t.Errorf("keys select %q and %q among %d rows, want %q and %q among %d", got.Selected, got.Last, got.Rows, names[1], names[len(names)-1], len(names))
	}
	if want := []string{"failed", "compiled", "relinked", "reused"}; !slices.Equal(got.Pressed, want) {
		t.Errorf("outcomes shown at first are %q, want %q", got.Pressed, want)
	}
	if !got.Scrolled || !got.Zoomed || !got.Unzoomed || !got.Tip || got.Theme == "" || got.Path == 0 || got.Cards[2] != "1,000" {
		t.Errorf("the page does not react: %+v", got)
	}
	for i, n := range got.Ink {
		if n < 1500 {
			t.Errorf("canvas %d has %d pixels with something on them", i, n)
		}
	}
	// The data, the page's script, and the one that drives it.
	if got.Images != 0 || got.Scripts != 3 {
		t.Errorf("names became %d images and %d scripts", got.Images, got.Scripts-3)
	}
}

func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%d,%03d", n/1000, n%1000)
}

var resultElement = regexp.MustCompile(`(?s)<pre id="result">(.*?)</pre>`)

// drive opens a page and returns what its driver sees.
func drive(t *testing.T, page string) (got seen) {
	t.Helper()
	chromium := browser(t)
	script, err := os.ReadFile(filepath.Join("testdata", "drive.js"))
	if err != nil {
		t.Fatal(err)
	}
	// The policy lets a second script run if it is told so.
	page = strings.Replace(page, "script-src '", "script-src '"+hash(string(script))+"' '", 1)
	page = strings.Replace(page, "</head>", `<script type="module">`+string(script)+"</script></head>", 1)
	dir := t.TempDir()
	file := filepath.Join(dir, "page.html")
	if err := os.WriteFile(file, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	args := []string{"--headless", "--disable-gpu", "--no-first-run", "--user-data-dir=" + filepath.Join(dir, "profile"),
		"--window-size=1280,1000", "--virtual-time-budget=20000", "--dump-dom"}
	if os.Getuid() == 0 {
		args = append(args, "--no-sandbox") // Chromium's does not work for root
	}
	cmd := exec.CommandContext(ctx, chromium, append(args, (&url.URL{Scheme: "file", Path: file}).String())...)
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", chromium, err)
	}
	found := resultElement.FindSubmatch(out)
	if found == nil {
		t.Fatalf("the driver left no result; the page is\n%.2000s", out)
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// browser finds Chromium, which CI installs.
func browser(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	if os.Getenv("CI") != "" {
		t.Fatal("there is no Chromium in PATH, and this is CI; run: apt-get install chromium")
	}
	t.Skip("SKIPPED: the page is not tried in a browser, since there is no Chromium in PATH; run: apt-get install chromium")
	return ""
}
