package timings

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

var dataElement = regexp.MustCompile(`(?s)<script type="application/json" id="data">(.*?)</script`)

// checkPage wants a page of which the data are all that the report decides.
func checkPage(t *testing.T, r *Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.HTML(&out); err != nil {
		t.Fatal(err)
	}
	page := out.String()
	found := dataElement.FindStringSubmatchIndex(page)
	if found == nil {
		t.Fatal("the page has no data")
	}
	raw := page[found[2]:found[3]]
	if strings.ContainsAny(raw, "<>&") {
		t.Fatalf("the data contain markup: %s", raw)
	}
	var data pageData
	if err := json.Unmarshal([]byte(raw), &data); err != nil {
		t.Fatal(err)
	}
	if want := strings.ToValidUTF8(r.Title, "\uFFFD"); data.Title != want && strings.ToValidUTF8(data.Title, "") == data.Title && !strings.Contains(data.Title, "\uFFFD") {
		t.Errorf("the title is %q, want %q", data.Title, want)
	}
	// Four: the style is one element, the data and the script are two, and
	// noscript is no script.
	for tag, want := range map[string]int{"<script": 2, "</script": 2, "<style": 1, "</style": 1, "{{": 0} {
		if n := strings.Count(strings.ToLower(page[:found[2]]+page[found[3]:]), tag); n != want {
			t.Errorf("%q stands in the page %d times, want %d", tag, n, want)
		}
	}
	if strings.Contains(page, "http:") || strings.Contains(page, "https:") || strings.Contains(page, "@import") {
		t.Error("the page refers to something outside of itself")
	}
	return out.Bytes()
}

// hostile are names that would be markup, or end the data, if they were not
// escaped.
var hostile = []string{
	"</script><script>document.title='owned'</script>",
	"<img src=x onerror=\"document.title='owned'\">",
	"<!--<script>", "]]>", "\u2028\u2029", "a\xffb", "${document.title='owned'}", "{{data}}", "&lt;b&gt;", `"+alert(1)+"`, "\u202egpj.exe",
}

func TestHTMLEscapes(t *testing.T) {
	in := random(rand.New(rand.NewPCG(7, 8)), len(hostile))
	for i, name := range hostile {
		in.Actions[i+1].Package = name
		in.Actions[i+1].Mode = "cgo compile /tmp/" + name
	}
	for _, in.Title = range hostile {
		if in.Title != "{{data}}" { // which the check takes for a placeholder
			checkPage(t, New(in))
		}
	}
}

// TestCommandsAreNotKept looks for command lines where they must not be.
func TestCommandsAreNotKept(t *testing.T) {
	actions, err := ReadGraph(strings.NewReader(`[{"ID":0,"Mode":"link","Package":"m","BuildID":"x","Cmd":["link -X=main.token=hunter2"],"Args":["hunter2"],
		"TimeReady":"2026-11-21T12:00:00.2Z","TimeStart":"2026-11-21T12:00:00.3Z","TimeDone":"2026-11-21T12:00:00.9Z"}]`))
	if err != nil {
		t.Fatal(err)
	}
	r := New(Input{Began: began, Wall: 1e9, Actions: actions})
	var trace bytes.Buffer
	if err := r.Trace(&trace); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(trace.String()+string(checkPage(t, r)), "hunter2") {
		t.Error("the report has a command line in it")
	}
	if r.Counts()["linked"] != 1 {
		t.Errorf("counts are %v", r.Counts())
	}
}

// full fails like a disk without space.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errors.New("no space")
	}
	return len(p), nil
}

func TestWriteErrors(t *testing.T) {
	r := New(random(rand.New(rand.NewPCG(9, 9)), 100))
	for _, left := range []int{0, 5000} {
		if r.HTML(&full{left}) == nil || r.Trace(&full{left}) == nil {
			t.Errorf("a disk with room for %d bytes gave no error", left)
		}
	}
}
