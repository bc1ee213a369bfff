package toolexec

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/store"
)

func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == HostToolCommand {
		os.Exit(HostTool(os.Args[0], os.Args[1:]))
	}
	os.Exit(m.Run())
}

func TestParseLink(t *testing.T) {
	const good = "-o /w/b001/exe/a.out -importcfg /w/b001/importcfg.link -buildmode=exe -buildid=a/b -extld=gcc /w/b001/_pkg_.a"
	for args, want := range map[string]bool{
		good: true,
		"-s -w -race -X=m.v=1 -X m.w=2 --installsuffix=x -extldflags=-static " + good: true,
		strings.Replace(good, "=exe", "=pie", 1):                                      true,
		strings.Replace(good, "=exe", "=c-shared", 1):                                 false,
		strings.Replace(good, "=exe", "=plugin", 1):                                   false,
		strings.Replace(good, "-buildmode=exe ", "", 1):                               false,
		"-linkshared " + good:                                                         false,
		"-linkmode=external " + good:                                                  false,
		"-tmpdir=/t " + good:                                                          false,
		"-fipso /w/fips.o " + good:                                                    false,
		"-r /lib " + good:                                                             false,
		"-I /lib/ld.so " + good:                                                       false,
		"-L /lib " + good:                                                             false,
		"-cpuprofile=/t/x " + good:                                                    false,
		good + " /w/other.a":                                                          false,
		strings.TrimSuffix(good, " /w/b001/_pkg_.a"):                                  false,
		"-s": false,
		"-o": false,
	} {
		if _, ok := parseLink(strings.Fields(args)); ok != want {
			t.Errorf("%s: %t, want %t", args, ok, want)
		}
	}
}

func TestLinkers(t *testing.T) {
	for said, want := range map[string]bool{
		"link version go1.24":                      true,
		"link version go1.26.8":                    true,
		"link version go1.27.0 X:nodwarf5":         true,
		"link version go1.23.1":                    false,
		"link version go1.28.0":                    false,
		"link version go1.27rc1":                   false,
		"link version go1.25.3-1 microsoft":        false,
		"link version devel go1.27-0123 buildID=a": false,
		"compile version go1.26.8":                 false,
	} {
		if got := linkers.MatchString(said); got != want {
			t.Errorf("%q: %t, want %t", said, got, want)
		}
	}
}

// TestLoaders looks into the linker's sources for loaders that depend on the machine,
// and for whatever else it may read of it.
func TestLoaders(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "src", "cmd", "link", "internal")
	files, err := filepath.Glob(filepath.Join(dir, "*", "obj.go"))
	if err != nil || len(files) < 8 {
		t.Skipf("no sources of the linker: %d, %v", len(files), err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		// Those of other systems than Linux are in /libexec and /usr, and are not looked for.
		for _, name := range regexp.MustCompile(`"/lib(32|64|x32)?/ld[^"]*"`).FindAllString(string(text), -1) {
			found++
			if !slices.Contains(loaders, strings.Trim(name, `"`)) {
				t.Errorf("%s: %s is not known", file, name)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d loaders in the sources", found)
	}
	got := presentLoaders(func(file string) (os.FileInfo, error) {
		switch file {
		case loaders[0]:
			return nil, nil
		case loaders[1]:
			return nil, os.ErrPermission
		}
		return nil, os.ErrNotExist
	})
	if want := []string{loaders[0], loaders[1] + ": permission denied"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// realLink has go build a program, and returns the call of the linker with all that it
// reads.
func realLink(t *testing.T, source string) (args []string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module m\n\ngo 1.24\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", "build", "-x", "-work", "-o", "app", ".")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false", "GOWORK=off", "GOTMPDIR="+t.TempDir(), "GOTOOLCHAIN=local")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	work := regexp.MustCompile(`(?m)^WORK=(.*)$`).FindSubmatch(out)
	call := regexp.MustCompile(`(?m)^(?:GOROOT='[^']*' )?(\S*/link -o .*)$`).FindSubmatch(out)
	if work == nil || call == nil {
		t.Fatalf("no link in\n%s", out)
	}
	for _, word := range strings.Fields(string(call[1])) {
		args = append(args, strings.ReplaceAll(word, "$WORK", string(work[1])))
	}
	return args
}

// TestLinkKey changes what a link depends on.
func TestLinkKey(t *testing.T) {
	args := realLink(t, "package main\n\nfunc main() { println(1) }\n")
	st := &store.Store{Dir: t.TempDir()}
	key := func(what string, args []string) string {
		t.Helper()
		call, ok := parseLink(args[1:])
		if !ok {
			t.Fatalf("%s: %q is not understood", what, args)
		}
		key, err := linkKey(st, args[0], call)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return key
	}
	plain := key("plain", args)
	call, _ := parseLink(args[1:])
	config, err := os.ReadFile(call.named["importcfg"])
	if err != nil {
		t.Fatal(err)
	}
	rewrite := func(name string, content []byte) (file string) {
		file = filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(file, content, 0o777); err != nil {
			t.Fatal(err)
		}
		return file
	}
	replaced := func(old, new string) []string {
		next := slices.Clone(args)
		for i := range next {
			if next[i] == old {
				next[i] = new
			}
		}
		return next
	}
	same := map[string][]string{
		"another output":          replaced(call.named["o"], "/elsewhere/a.out"),
		"another file of imports": replaced(call.named["importcfg"], rewrite("cfg", config)),
		"another file of main":    replaced(call.main, rewrite("main.a", readFile(t, call.main))),
	}
	_, runtimeFile, _ := strings.Cut(regexp.MustCompile(`(?m)^packagefile runtime=.*$`).FindString(string(config)), "=")
	withConfig := func(old, new string) []string {
		return replaced(call.named["importcfg"], rewrite("cfg", []byte(strings.Replace(string(config), old, new, 1))))
	}
	same["an archive elsewhere"] = withConfig(runtimeFile, rewrite("runtime.a", readFile(t, runtimeFile)))
	for what, args := range same {
		if key(what, args) != plain {
			t.Errorf("%s: the key is another one", what)
		}
	}
	noID := regexp.MustCompile(`build id "[^"/]*/[^"]*"`).ReplaceAllFunc(readFile(t, runtimeFile)[:1024:1024], func(b []byte) []byte {
		return bytes.Replace(b, []byte("/"), []byte("-"), 1)
	})
	noID = append(noID, readFile(t, runtimeFile)[1024:]...)
	changed := slices.Clone(noID)
	changed[len(changed)/2] ^= 1
	// Somebody's own build ID is no hash of the content.
	ownID := regexp.MustCompile(`build id "[^"]*"`).ReplaceAllFunc(noID[:1024:1024], func(b []byte) []byte {
		return append([]byte(`build id "a/b`), append(bytes.Repeat([]byte("x"), len(b)-len(`build id "a/b"`)), '"')...)
	})
	ownID = append(ownID, noID[1024:]...)
	ownChanged := slices.Clone(ownID)
	ownChanged[len(ownChanged)/2] ^= 1
	other := map[string][]string{
		"archive with an own ID":  withConfig(runtimeFile, rewrite("runtime.a", ownID)),
		"that but for a bit":      withConfig(runtimeFile, rewrite("runtime.a", ownChanged)),
		"flag":                    append([]string{args[0], "-s"}, args[1:]...),
		"build ID":                replaced("-buildid="+call.named["buildid"], "-buildid=x"),
		"stamp":                   withConfig("modinfo \"", "modinfo \"x"),
		"another archive":         withConfig(runtimeFile, call.main),
		"archive without an ID":   withConfig(runtimeFile, rewrite("runtime.a", noID)),
		"the same but for a bit":  withConfig(runtimeFile, rewrite("runtime.a", changed)),
		"one archive more":        withConfig("packagefile runtime=", "packagefile more="+call.main+"\npackagefile runtime="),
		"another main":            replaced(call.main, runtimeFile),
		"another linker's binary": append([]string{rewrite("link", append(readFile(t, args[0]), 0))}, args[1:]...),
	}
	seen := map[string]string{plain: "plain"}
	for what, args := range other {
		k := key(what, args)
		if seen[k] != "" {
			t.Errorf("%s: the key is that of %s", what, seen[k])
		}
		seen[k] = what
	}
	for _, name := range []string{"GOROOT", "GOAMD64", "GOEXPERIMENT", "GODEBUG", "GOFIPS140", "GOOS", "GO_EXTLINK_ENABLED"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "0")
			if k := key(name, args); seen[k] != "" {
				t.Errorf("the key is that of %s", seen[k])
			}
		})
	}
	if _, err := linkKey(st, args[0], understood(t, withConfig("packagefile runtime=", "packageshlib runtime="))); !errors.Is(err, errNotShared) {
		t.Errorf("a shared library: %v", err)
	}
	if _, err := linkKey(st, args[0], understood(t, withConfig(runtimeFile, "/is/not/there"))); err == nil {
		t.Error("an archive that is missing has a name")
	}
}

func understood(t *testing.T, args []string) *linkCall {
	t.Helper()
	call, ok := parseLink(args[1:])
	if !ok {
		t.Fatalf("%q is not understood", args)
	}
	return call
}

func readFile(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestWitness links as gust does that sends programs: what the host has a part in is
// linked as without a witness, and not sent.
func TestWitness(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("which links need the host's tools is known for Linux")
	}
	nothing := realLink(t, "package main\n\nfunc main() { println(1) }\n")
	cgo := realLink(t, "package main\n\nimport \"os/user\"\n\nfunc main() { println(user.Current()) }\n")
	for _, c := range []struct {
		name string
		args []string
		env  string
		sent bool
	}{
		{name: "no cgo", args: nothing, sent: true},
		{name: "cgo", args: cgo, sent: true},
		{name: "external", args: cgo, env: "1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("GO_EXTLINK_ENABLED", c.env)
			call := understood(t, c.args)
			if err := os.MkdirAll(filepath.Dir(call.named["o"]), 0o777); err != nil {
				t.Fatal(err)
			}
			code, printed, err := run(c.args[0], c.args[1:])
			if err != nil || code != 0 {
				t.Fatalf("%v, %d\n%s", err, code, printed)
			}
			want := readFile(t, call.named["o"])
			dir := t.TempDir()
			l := &linking{
				wrapper: &wrapper{Session: &Session{Log: filepath.Join(dir, "log"), SendsLinks: true}, tool: c.args[0], args: c.args[1:]},
				call:    call, key: "k", missing: true,
			}
			if l.linker, err = os.Stat(c.args[0]); err != nil {
				t.Fatal(err)
			}
			if code := l.make(); code != 0 {
				t.Fatalf("the link ends with %d", code)
			}
			if !c.sent && !bytes.Equal(blank(t, want), blank(t, readFile(t, call.named["o"]))) || c.sent && !bytes.Equal(want, readFile(t, call.named["o"])) {
				t.Error("another program than without a witness")
			}
			log, err := os.ReadFile(filepath.Join(dir, "log"))
			if !c.sent {
				if !errors.Is(err, os.ErrNotExist) {
					t.Errorf("the program is sent: %v, %s", err, log)
				}
				return
			}
			var e Entry
			if err := errors.Join(err, json.Unmarshal(log, &e)); err != nil || e.Program == nil || e.Program.Key != "k" {
				t.Fatalf("%v: %s", err, log)
			}
			if !bytes.Equal(readFile(t, e.Program.File), want) {
				t.Error("another program is sent")
			}
		})
	}
}

// blank takes out what the host's linker makes anew each time.
func blank(t *testing.T, program []byte) []byte {
	t.Helper()
	return regexp.MustCompile(`go-link-\d+`).ReplaceAll(program, nil)
}

// TestIntactArchives: what is damaged in go's cache is not linked for others.
func TestIntactArchives(t *testing.T) {
	dir := t.TempDir()
	content := []byte("!<arch>\nand so on")
	kept := filepath.Join(dir, store.Key(content)+"-d")
	config := filepath.Join(dir, "importcfg.link")
	call := &linkCall{named: map[string]string{"importcfg": config}}
	text := "packagefile a=" + kept + "\npackagefile m=" + filepath.Join(dir, "b001", "_pkg_.a") + "\nmodinfo \"x\"\n"
	for file, b := range map[string][]byte{kept: content, config: []byte(text)} {
		if err := os.WriteFile(file, b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if !intactArchives(call) {
		t.Error("what is whole counts as damaged")
	}
	for what, b := range map[string][]byte{"altered": []byte("!<arch>\nand so oN"), "cut off": content[:5], "empty": nil} {
		if err := os.WriteFile(kept, b, 0o666); err != nil {
			t.Fatal(err)
		}
		if intactArchives(call) {
			t.Errorf("%s: counts as whole", what)
		}
	}
	if err := os.Remove(kept); err != nil || intactArchives(call) {
		t.Errorf("what is not there counts as whole; %v", err)
	}
}

func TestHostTool(t *testing.T) {
	n, err := newWitness(t.TempDir())
	if err != nil {
		t.Skip(err)
	}
	if !n.silent() {
		t.Error("a witness that nobody has run is not silent")
	}
	call := &linkCall{named: map[string]string{"extld": "gcc -m32"}, at: map[string]int{"extld": 1}, flags: []flagArg{{name: "extld"}}}
	args, ok := n.watch([]string{"-s", "-extld=gcc -m32", "main.a"}, call)
	if want := []string{"-s", "-extld=" + n.tool() + " gcc -m32", "main.a"}; !ok || !slices.Equal(args, want) {
		t.Errorf("got %q, want %q", args, want)
	}
	if args, ok := n.watch([]string{"-s", "-extld", "gcc -m32", "main.a"}, call); !ok || len(args) != 3 {
		t.Errorf("got %q", args)
	}
	// It answers as the tool does, and is heard.
	out, err := exec.Command(n.tool(), "echo", "-m64", "--print-libgcc-file-name").Output()
	if err != nil || string(out) != "-m64 --print-libgcc-file-name\n" {
		t.Errorf("%q, %v", out, err)
	}
	if n.silent() {
		t.Error("the witness is silent")
	}
	for what, change := range map[string]func(*witness) error{
		"a mark that is gone": func(n *witness) error { return os.Remove(n.mark()) },
		"a gust that is gone": func(n *witness) error { return os.Remove(n.tool()) },
		"another gust": func(n *witness) error {
			return errors.Join(os.Remove(n.tool()), os.WriteFile(n.tool(), []byte("x"), 0o777))
		},
	} {
		n, err := newWitness(t.TempDir())
		if err = errors.Join(err, change(n)); err != nil || n.silent() {
			t.Errorf("%s: %v, silent: %t", what, err, n.silent())
		}
	}
	// What is more than a question fails.
	n, err = newWitness(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(n.tool(), "echo", "-o", "x").CombinedOutput(); err == nil || len(out) > 0 || n.silent() {
		t.Errorf("%q, %v, silent: %t", out, err, n.silent())
	}
}
