package cmd

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/event"
)

// TestWhyText has what each kind of difference is said as, and what whoever can
// write to a server could have put there.
func TestWhyText(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	var many []event.CacheDifference
	for i := range 300 {
		many = append(many, event.CacheDifference{Kind: "file", Subject: fmt.Sprint(i, ".go"), Here: "a", There: "b"})
	}
	for name, test := range map[string]struct {
		differences []event.CacheDifference
		roots       []string
		want        []string
	}{
		"toolchain": {[]event.CacheDifference{
			{Kind: "toolchain", Here: "go1.27.0", There: "go1.26.8"},
			{Kind: "flag", Here: "-goversion=go1.27.0"}, {Kind: "flag", There: "-goversion=go1.26.8"},
			{Kind: "env", Subject: "GOROOT", Here: "/a", There: "/b"},
			{Kind: "import", Subject: "a/b", Here: "1", There: "2"},
		}, nil, []string{"the toolchain is another (go1.27.0 here, go1.26.8 there)", "1 dependency differs, too, as can be expected then"}},
		"platform": {[]event.CacheDifference{
			{Kind: "platform", Here: "linux/arm64", There: "linux/amd64"}, {Kind: "env", Subject: "GOARCH", Here: "arm64", There: "amd64"},
		}, nil, []string{"the platform is another: linux/arm64 here, linux/amd64 there"}},
		"flags": {[]event.CacheDifference{
			{Kind: "flag", Here: "-N=true"}, {Kind: "flag", There: "-race=true"}, {Kind: "flag", There: "-trimpath"},
			{Kind: "env", Subject: "GOAMD64", Here: "v3", There: "v1"},
		}, nil, []string{"GOAMD64 differs: v3 here, v1 there", "flags differ: -N here, -race -trimpath there"}},
		"files": {[]event.CacheDifference{
			{Kind: "module", Here: "a/b@v1.2.0", There: "a/b@v1.1.0"},
			{Kind: "file", Subject: "x.go", Here: "1", There: "2"}, {Kind: "file", Subject: "y.go", Here: "1"}, {Kind: "file", Subject: "z.go", There: "1"},
			{Kind: "embed", Subject: "page.html", Here: "1", There: "2"}, {Kind: "file", Subject: "$OBJ/_cgo_gotypes.go", Here: "1", There: "2"},
			{Kind: "file", Subject: "-pgoprofile", Here: "1", There: "2"},
		}, nil, []string{"the module is another version: a/b@v1.2.0 here, a/b@v1.1.0 there", "file x.go differs", "file y.go is here only", "file z.go is there only",
			"embedded file page.html differs", "generated file _cgo_gotypes.go differs", "the file of -pgoprofile differs"}},
		"roots": {[]event.CacheDifference{
			{Kind: "import", Subject: "a", Here: "1", There: "2"}, {Kind: "import", Subject: "b", Here: "1", There: "2"}, {Kind: "import", Subject: "c", Here: "same interface", There: "same interface"},
		}, []string{"b"}, []string{"dependency b differs: gust cache why b", "and because of 2 dependencies that import it"}},
		"interface": {[]event.CacheDifference{
			{Kind: "import", Subject: "c", Here: "same interface", There: "same interface"},
		}, nil, []string{"dependency c differs, but not its interface: gust cache why c"}},
		"hostile": {[]event.CacheDifference{
			{Kind: "toolchain", Here: "go1", There: "\x1b]0;title\x07\nfile forged.go differs"}, {Kind: "path", Here: "/a", There: long},
			{Kind: "nonsense", Subject: "\u202eevil", There: "\r"},
		}, nil, []string{"the toolchain is another (go1 here, \ufffd]0;title\ufffd\ufffdfile forged.go differs there)",
			"the checkout path is part of the key (use -trimpath): /a here, " + long[:200] + "… there", "\ufffdevil differs: \ufffd there, not here"}},
	} {
		got := whyLines(event.CacheWhy{Differences: test.differences, Roots: test.roots})
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s:\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
	if got := whyLines(event.CacheWhy{Differences: many}); len(got) != maxFiles+1 || got[maxFiles] != "and 290 more files" {
		t.Errorf("%d lines, the last is %q", len(got), got[len(got)-1])
	}
}
