package toolexec

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/store"
)

func TestDiffer(t *testing.T) {
	here := Description{ImportPath: "m/p", Platform: "linux/amd64", Dir: "/a/p", Inputs: Inputs{
		Tool: "compile version go1.27.0\n", Args: []string{"-N=true", "-p=m/p"}, Env: []string{"GOAMD64=v3", "GOOS=linux"},
		Files:   []FileInput{{"x.go", "1"}, {"y.go", "1"}, {"embed e", "1"}},
		Imports: []Import{{"same", "1", ""}, {"other", "1", "a"}, {"moved", "1", "a"}, {"new", "1", ""}},
	}}
	there := Description{ImportPath: "m/p", Platform: "linux/amd64", Dir: "/b/p", Inputs: Inputs{
		Tool: "compile version go1.26.8\n", Args: []string{"-p=m/p"}, Env: []string{"GOAMD64=v1", "GOOS=linux"},
		Files:   []FileInput{{"x.go", "2"}, {"z.go", "1"}, {"embed e", "2"}},
		Imports: []Import{{"same", "1", "z"}, {"other", "2", "b"}, {"moved", "2", "a"}, {"old", "1", ""}},
	}}
	want := `toolchain  go1.27.0 go1.26.8
flag  -N=true 
env GOAMD64 v3 v1
path  /a/p /b/p
embed e 1 2
file x.go 1 2
file y.go 1 
file z.go  1
import other 1 2
import moved same interface same interface
import new imported 
import old  imported
`
	var got strings.Builder
	for _, d := range here.Differ(there) {
		fmt.Fprintln(&got, d.Kind, d.Subject, d.Here, d.There)
	}
	if got.String() != want {
		t.Errorf("got\n%swant\n%s", got.String(), want)
	}
	if all := here.Differ(here); len(all) > 0 {
		t.Errorf("from itself: %v", all)
	}
	trimmed := here
	trimmed.Trimmed, trimmed.Dir = true, ""
	if all := here.Differ(trimmed); len(all) != 1 || all[0] != (Difference{Kind: "flag", There: "-trimpath"}) {
		t.Errorf("trimmed: %v", all)
	}
	one, two := trimmed, trimmed
	one.Module, two.Module = "a@v1/p", "a@v2/p"
	if all := one.Differ(two); len(all) != 1 || all[0].Kind != "module" {
		t.Errorf("module: %v", all)
	}
}

// TestParseDescription: what a server has is whatever somebody has put there.
func TestParseDescription(t *testing.T) {
	for _, text := range []string{"", "[]", `"x"`, "{", `{"files":1}`, strings.Repeat(" ", MaxDescription+1),
		`{"env":[` + strings.Repeat(`"",`, maxTexts) + `""]}`} {
		if d, err := ParseDescription([]byte(text)); err == nil {
			t.Errorf("%.20q is read as %+v", text, d.ImportPath)
		}
	}
	if d, err := ParseDescription([]byte(`{"import_path":"a","later":1,"files":null}`)); err != nil || d.ImportPath != "a" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestLocalDescriptions: the last compiles of a few checkouts are kept.
func TestLocalDescriptions(t *testing.T) {
	w := &wrapper{Session: &Session{}, store: &store.Store{Dir: t.TempDir()}, cfg: &importcfg{}}
	for i := range 2 * maxKept {
		for range 2 { // the second is the same compile once more
			w.c = &compileArgs{byName: map[string]string{"p": "m", "buildid": fmt.Sprint("action", i, "/")}, sources: []string{fmt.Sprint("/checkout", i, "/m.go")}, objDir: "/obj"}
			w.key = fmt.Sprint("key", i)
			w.describe(nil)
		}
	}
	d := w.description(nil)
	all := LocalDescriptions(w.store, DescriptionKey("m", d.Platform, nil))
	if len(all) != maxKept || all[0].Action != "action7" || all[maxKept-1].Dir != "/checkout4" || w.warning != "" {
		t.Errorf("%+v %s", all, w.warning)
	}
}
