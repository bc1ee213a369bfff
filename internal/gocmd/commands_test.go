package gocmd

import (
	"os/exec"
	"regexp"
	"slices"
	"testing"
)

// TestCommands holds the list of go's commands to the go that is installed.
func TestCommands(t *testing.T) {
	out, err := exec.Command("go", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^\t([a-z]+) {2,}`).FindAllSubmatch(out, -1)
	if len(found) < 15 {
		t.Fatalf("go help lists only %d commands:\n%s", len(found), out)
	}
	for _, m := range found {
		if name := string(m[1]); !slices.Contains(Commands(), name) && !topic(name) {
			t.Errorf("go has a command %q that is not on the list", name)
		}
	}
}

// topic reports whether a name that go help lists is no command but a topic.
func topic(name string) bool {
	return slices.Contains([]string{"buildconstraint", "buildjson", "buildmode", "c", "cache", "environment",
		"filetype", "goauth", "gopath", "goproxy", "importpath", "modules", "packages", "private",
		"testflag", "testfunc", "vcs"}, name)
}
