//go:build unix

package handover

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gust-go/gust/build/toolexec"
)

// TestIndifferent holds the package to what package toolexec would do.
func TestIndifferent(t *testing.T) {
	const dir = "/go/pkg/tool/"
	plain := toolexec.Session{Store: `/a/"relaxed":true/"starts":true`, Log: "l"}
	relaxed, starts := plain, plain
	relaxed.Relaxed, starts.Starts = true, true
	version, work := []string{"-V=full"}, []string{"-o", "x"}
	for _, test := range []struct {
		tool    string
		args    []string
		session *toolexec.Session
		want    bool
	}{
		{dir + "compile", work, nil, true},
		{dir + "compile", version, &plain, true},
		{dir + "compile", work, &plain, false},
		{dir + "link", version, &plain, true},
		{dir + "link", version, &relaxed, false},
		{dir + "compile", version, &relaxed, true},
		{dir + "link", work, &plain, false},
		{dir + "vet", []string{"vet.cfg"}, &plain, false},
		{dir + "vet", []string{"-flags"}, nil, true},
		{dir + "asm", work, &plain, true},
		{dir + "asm", work, &relaxed, true},
		{dir + "asm", work, &starts, false},
		{dir + "asm", version, &starts, true},
		{"gcc", work, &plain, true},
	} {
		text := ""
		if test.session != nil {
			var err error
			if text, err = test.session.Encode(); err != nil {
				t.Fatal(err)
			}
		}
		if got := indifferent(test.tool, test.args, text); got != test.want {
			t.Errorf("%s %q with session %s: %v, want %v", test.tool, test.args, text, got, test.want)
		}
	}
}

func TestFind(t *testing.T) {
	a, b := t.TempDir(), t.TempDir()
	for file, mode := range map[string]os.FileMode{filepath.Join(a, "tool"): 0o644, filepath.Join(b, "tool"): 0o755} {
		if err := os.WriteFile(file, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(a, "dir"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ tool, path, want string }{
		{"tool", a + ":" + b, filepath.Join(b, "tool")},
		{"tool", b + ":" + a, filepath.Join(b, "tool")},
		{"tool", a, ""},
		{"dir", a, ""},
		{"tool", ".:" + b, ""},
		{"tool", ":" + b, ""},
		{"tool", "", ""},
		{"./tool", a, "./tool"},
	} {
		if got := find(test.tool, test.path); got != test.want {
			t.Errorf("find(%q, %q) = %q, want %q", test.tool, test.path, got, test.want)
		}
	}
}
