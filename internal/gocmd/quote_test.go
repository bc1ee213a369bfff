package gocmd

import (
	"slices"
	"strings"
	"testing"
)

func TestSplitGOFLAGS(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
	}{
		{"", nil},
		{"  \t\n", nil},
		{"-race -tags=a,b", []string{"-race", "-tags=a,b"}},
		{`'-ldflags=-X a=b' -v`, []string{"-ldflags=-X a=b", "-v"}},
		{`"-ldflags=-X 'a b'=c"`, []string{"-ldflags=-X 'a b'=c"}},
		{`-tags='a b'`, []string{"-tags='a", "b'"}}, // quotes count at the start only
		{`''`, []string{""}},
		{`'a'b`, []string{"a", "b"}},
		{`a\ b`, []string{`a\`, "b"}},
	} {
		got, err := SplitGOFLAGS(tt.in)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("SplitGOFLAGS(%q) = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
	if got, err := SplitGOFLAGS(`-v 'open`); err == nil {
		t.Errorf("an unterminated quote gave %q and no error", got)
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"/bin/gust", "toolexec"}, "/bin/gust toolexec"},
		{[]string{"/my bin/gust", "toolexec"}, "'/my bin/gust' toolexec"},
		{[]string{"/it's here/gust"}, `"/it's here/gust"`},
		{[]string{`C:\Program Files\gust.exe`}, `'C:\Program Files\gust.exe'`},
		{[]string{""}, "''"},
	} {
		got, err := Quote(tt.args...)
		if err != nil || got != tt.want {
			t.Errorf("Quote(%q) = %q, %v; want %q", tt.args, got, err, tt.want)
		}
	}
	if got, err := Quote(`a 'b' "c"`); err == nil {
		t.Errorf("both kinds of quotes gave %q and no error", got)
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a b", "c'd")
	f.Add("", `"`)
	f.Fuzz(func(t *testing.T, a, b string) {
		joined, err := Quote(a, b)
		if err != nil {
			for _, arg := range []string{a, b} {
				if strings.Contains(arg, "'") && strings.Contains(arg, `"`) {
					return
				}
			}
			t.Fatalf("Quote(%q, %q): %v", a, b, err)
		}
		got, err := SplitGOFLAGS(joined)
		if err != nil || !slices.Equal(got, []string{a, b}) {
			t.Errorf("Quote(%q, %q) = %q, which splits into %q, %v", a, b, joined, got, err)
		}
	})
}
