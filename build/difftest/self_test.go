package difftest

import (
	"os"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/difftest/edit"
)

// TestFaults builds with commands that are wrong on purpose. Each must be
// found out; the honest one must not be.
func TestFaults(t *testing.T) {
	warm := mustWarm(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[string]string{
		"honest":  "",
		"idle":    "gust reused nothing",
		"stale":   "prog differs",
		"flip":    "prog differs",
		"corrupt": "archive of example.test/small/prog differs",
		"damage":  "is damaged",
		"leak":    "archive of example.test/small/prog differs",
		"message": "stderr differs",
		"warn":    "gust reports",
	} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			box := newSandbox(t, warm, []string{self}, fakeEnv+"="+mode)
			problems := faultProblems(t, box)
			switch {
			case want == "" && problems != "":
				t.Errorf("found problems where there are none:\n%s", problems)
			case !strings.Contains(strings.ReplaceAll(problems, ".exe", ""), want):
				t.Errorf("found %q, want %q", problems, want)
			}
		})
	}
}

// faultProblems goes through three builds, the last one broken.
func faultProblems(t *testing.T, box *sandbox) string {
	t.Helper()
	p := pair{sandbox: box, caches: newCaches()}
	var all []string
	for _, body := range []string{`println("one")`, `println("two")`, `undefined()`} {
		tree := edit.Tree{
			"go.mod":       []byte("module example.test/small\n\ngo 1.24\n"),
			"prog/main.go": []byte("package main\n\nfunc main() { " + body + " }\n"),
		}
		if err := tree.Write(box.src); err != nil {
			t.Fatal(err)
		}
		_, problems, err := p.step(true)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, problems...)
	}
	if why := p.stat.problem(); why != "" {
		all = append(all, why)
	}
	return strings.Join(all, "\n")
}

// TestRelaxedIsFound takes gust itself as the faulty command: with
// --lines=relaxed it reuses what an exact build must not.
func TestRelaxedIsFound(t *testing.T) {
	box := newSandbox(t, mustWarm(t), []string{mustGust(t)})
	p := pair{sandbox: box, caches: newCaches(), extra: []string{"--lines=relaxed"}}
	tree := readModule(t, "chain")
	var problems []string
	for range 2 {
		if err := tree.Write(box.src); err != nil {
			t.Fatal(err)
		}
		_, more, err := p.step(true)
		if err != nil {
			t.Fatal(err)
		}
		problems = append(problems, more...)
		tree["leaf/leaf.go"] = append([]byte("// Lines move.\n"), tree["leaf/leaf.go"]...)
	}
	if all := strings.Join(problems, "\n"); !strings.Contains(all, "chain differs between") {
		t.Errorf("stale lines were not found in the binary: %q", all)
	}
}
