package quick_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/cacheprog/quick"
)

// TestDir compares it with what go says.
func TestDir(t *testing.T) {
	config, cache := t.TempDir(), t.TempDir()
	for _, name := range []string{"XDG_CONFIG_HOME", "AppData"} {
		t.Setenv(name, config)
	}
	for _, name := range []string{"XDG_CACHE_HOME", "LocalAppData"} {
		t.Setenv(name, cache)
	}
	t.Setenv("HOME", t.TempDir())
	set := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(set, []byte("GOFLAGS=-trimpath\nGOCACHE="+filepath.Join(cache, "set")+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	other := filepath.Join(t.TempDir(), "env")
	if err := os.WriteFile(other, []byte("GOFLAGS=-trimpath\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		gocache, goenv string
		ask            bool
	}{
		{"", "", false},
		{filepath.Join(cache, "mine"), "", false},
		{filepath.Join(cache, "mine"), set, false},
		{"", "off", false},
		{"", other, false},
		{"", filepath.Join(cache, "none"), false},
		{"", set, true},
		{"", cache, true}, // a directory
	} {
		t.Setenv("GOCACHE", test.gocache)
		t.Setenv("GOENV", test.goenv)
		got := quick.Dir()
		if test.ask {
			if got != "" {
				t.Errorf("%+v: got %q without asking", test, got)
			}
			continue
		}
		want, err := exec.Command("go", "env", "GOCACHE").Output()
		if err != nil || got != strings.TrimSpace(string(want)) {
			t.Errorf("%+v: got %q, go says %q, %v", test, got, want, err)
		}
	}
}
