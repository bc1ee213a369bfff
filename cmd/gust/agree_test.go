package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

// agrees is the script command "agrees list verb [-C dir] -o file args...". It
// runs the verb with gust, which must give the outcomes listed and no warning,
// then with go and a cache of its own, and compares the two files.
//
// The list is "path:outcome, path:outcome" in any order, of all compiles but
// the standard library's that gust has an event for; "*" takes any. In the exact mode gust verifies each
// archive against the compiler's as well.
func agrees(ts *testscript.TestScript, neg bool, args []string) {
	at := slices.Index(args, "-o")
	if neg || at < 2 || at+1 >= len(args) {
		ts.Fatalf("usage: agrees list verb -o file args...")
	}
	list, verb := args[0], args[1]
	got := args[at+1]
	want := filepath.Join(filepath.Dir(got), "go-"+filepath.Base(got))

	verify := "1"
	plain := slices.Clone(args[1:])
	plain[at] = want
	plain = slices.DeleteFunc(plain, func(s string) bool { return s == "--lines=relaxed" || s == "--explain" })
	if slices.Contains(args, "--lines=relaxed") {
		verify = ""
	}
	mine := []string{verb, "--json"}
	if args[2] == "-C" { // go wants it first
		mine = []string{verb, "-C", args[3], "--json"}
		args = args[2:]
	}
	execWith(ts, "GOCACHE", ts.Getenv("PLAINCACHE"), "go", plain...)
	execWith(ts, "GUST_VERIFY", verify, "gust", append(mine, args[2:]...)...)
	compareOutcomes(ts, list, ts.ReadFile("stdout"))
	if verify != "" {
		cmpbin(ts, false, []string{got, want})
	}
}

// execWith runs a program that must succeed with a variable set.
func execWith(ts *testscript.TestScript, name, value, program string, args ...string) {
	old := ts.Getenv(name)
	ts.Setenv(name, value)
	err := ts.Exec(program, args...)
	ts.Setenv(name, old)
	if err != nil {
		ts.Fatalf("%s %s: %v", program, strings.Join(args, " "), err)
	}
}

// compareOutcomes compares the package events in stdout with a list.
func compareOutcomes(ts *testscript.TestScript, list string, stdout string) {
	var got, want []string
	for line := range strings.Lines(stdout) {
		var e struct {
			Type       string
			Text       string
			ImportPath string `json:"import_path"`
			Outcome    string
		}
		if json.Unmarshal([]byte(line), &e) != nil {
			continue // the tool's own output
		}
		switch e.Type {
		case "build.package":
			if !standard(e.ImportPath) {
				got = append(got, e.ImportPath+":"+e.Outcome)
			}
		case "warning":
			ts.Fatalf("gust warns: %s", e.Text)
		}
	}
	if list == "*" {
		return
	}
	for _, s := range strings.Split(list, ",") {
		if s = strings.TrimSpace(s); s != "" {
			want = append(want, s)
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		ts.Fatalf("outcomes are\n\t%s\nwant\n\t%s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
}

// goroot is where the standard library is.
var goroot = sync.OnceValue(func() string {
	out, _ := exec.Command("go", "env", "GOROOT").Output() // a missing go fails every script
	return strings.TrimSpace(string(out))
})

// standard reports whether a package is of the standard library; which of
// those a script's cache has is not what the script is about.
func standard(path string) bool {
	info, err := os.Stat(filepath.Join(goroot(), "src", path))
	return err == nil && info.IsDir()
}

// sub is the script command "sub file old new"; \n and \t in the texts mean
// what they mean in Go.
func sub(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: sub file old new")
	}
	unquote := strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace
	file, old := ts.MkAbs(args[0]), unquote(args[1])
	text, err := os.ReadFile(file)
	ts.Check(err)
	if n := strings.Count(string(text), old); n != 1 {
		ts.Fatalf("%q stands %d times in %s", old, n, args[0])
	}
	ts.Check(os.WriteFile(file, []byte(strings.Replace(string(text), old, unquote(args[2]), 1)), 0o666))
}

// treesum is the script command "treesum file dir", whose output two scripts'
// steps can compare.
func treesum(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: treesum file dir")
	}
	var out strings.Builder
	root := ts.MkAbs(args[1])
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		fmt.Fprintf(&out, "%x %d %s\n", sha256.Sum256(b), len(b), rel)
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(out.String()), 0o666))
}

// proxymod is the script command "proxymod dir path@version": it makes a module
// of dir and puts it where GOPROXY=file://$WORK/proxy finds it.
func proxymod(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: proxymod dir path@version")
	}
	path, version, _ := strings.Cut(args[1], "@")
	from, to := ts.MkAbs(args[0]), filepath.Join(ts.Getenv("WORK"), "proxy", path, "@v")
	ts.Check(os.MkdirAll(to, 0o777))
	mod, err := os.ReadFile(filepath.Join(from, "go.mod"))
	ts.Check(err)
	ts.Check(os.WriteFile(filepath.Join(to, version+".mod"), mod, 0o666))
	ts.Check(os.WriteFile(filepath.Join(to, version+".info"), []byte(`{"Version":"`+version+`"}`), 0o666))
	var packed bytes.Buffer
	ts.Check(zip.CreateFromDir(&packed, module.Version{Path: path, Version: version}, from))
	ts.Check(os.WriteFile(filepath.Join(to, version+".zip"), packed.Bytes(), 0o666))
}

// damage is the script command "damage dir how": it spoils all files below a
// directory, of which there must be some.
func damage(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: damage dir flip|cut|empty|unreadable")
	}
	n := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		n++
		return spoil(path, args[1])
	}))
	if n == 0 {
		ts.Fatalf("nothing to damage in %s", args[0])
	}
}

func spoil(path, how string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	switch how {
	case "flip":
		if len(b) > 0 {
			b[len(b)/2] ^= 1
		}
	case "cut":
		b = b[:len(b)-1]
	case "empty":
		b = nil
	case "unreadable": // to root as well
		if err := os.Remove(path); err != nil {
			return err
		}
		return os.Symlink(filepath.Base(path), path)
	default:
		return fmt.Errorf("damage knows no %q", how)
	}
	return os.WriteFile(path, b, 0o666)
}

// can is the condition [can:x]. In CI an answer of no is an error: what is not
// tested there is not tested anywhere.
func can(cond string) (bool, error) {
	what, ok := strings.CutPrefix(cond, "can:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	var yes bool
	switch what {
	case "cgo":
		_, err := exec.LookPath("gcc")
		yes = err == nil
	case "race":
		_, err := exec.LookPath("gcc")
		yes = err == nil && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64")
	case "mount":
		yes = canMount()
	default:
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	if !yes && os.Getenv("CI") != "" {
		return false, fmt.Errorf("this machine cannot %s, which CI must", what)
	}
	return yes, nil
}
