package doctor

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// olderGo is a release older than the one that runs the tests; the module
// proxy and the module cache have it.
const olderGo = "go1.24.13"

// A machine is a made-up system and home. Nothing of the real ones is looked
// at but the toolchains that links lead to.
type machine struct {
	t       *testing.T
	root    string
	home    string
	module  string
	path    []string
	environ []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("NOT TESTED: the made-up machines are Unix systems")
	}
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	m := &machine{t: t, root: root, home: filepath.Join(root, "home/me"), module: filepath.Join(root, "home/me/src")}
	m.write("home/me/src/go.mod", "module example.com/m\n\ngo 1.24\n")
	m.write("home/me/src/m.go", "package m\n")
	m.write("proc/sys/user/max_user_namespaces", "1000\n")
	// Else go starts a process that may still write there when the test ends.
	m.write("home/me/.config/go/telemetry/mode", "off")
	m.environ = []string{"HOME=" + m.home, "GOPROXY=https://proxy.invalid", "GOCACHE=" + filepath.Join(m.home, "gocache")}
	return m
}

func (m *machine) file(name string) string { return filepath.Join(m.root, name) }

func (m *machine) write(name, content string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.file(name)), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(m.file(name), []byte(content), 0o777); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(target, name string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.file(name)), 0o777); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(target, m.file(name)); err != nil {
		m.t.Fatal(err)
	}
}

// examine returns the findings by their ID.
func (m *machine) examine(extra ...string) map[string]Finding {
	m.t.Helper()
	var path []string
	for _, dir := range m.path {
		path = append(path, m.file(dir))
	}
	all, err := Examine(context.Background(), Host{
		Environ: slices.Concat(m.environ, []string{"PATH=" + strings.Join(path, ":")}, extra),
		Dir:     m.module, Root: m.root, Now: time.Now,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	byID := make(map[string]Finding)
	for _, f := range all {
		byID[f.ID] = f
		if _, ok := Explain(f.ID); !ok {
			m.t.Errorf("%s is not explained", f.ID)
		}
		if f.Level != Info && (f.Consequence == "" || f.Fix == "" || len(f.Evidence) == 0 && f.ID != "env-file") {
			m.t.Errorf("%s lacks evidence, consequence or fix: %+v", f.ID, f)
		}
		for _, line := range f.Evidence {
			if line == "" {
				m.t.Errorf("%s has empty evidence: %q", f.ID, f.Evidence)
			}
		}
	}
	return byID
}

// expect wants a finding whose text, evidence or fix have the given parts.
func (m *machine) expect(found map[string]Finding, id, level string, parts ...string) {
	m.t.Helper()
	f, ok := found[id]
	if !ok || f.Level != level {
		m.t.Errorf("no %s at level %s, but %q", id, level, f.Level)
		for _, f := range found {
			m.t.Logf("  %s %s: %s", f.Level, f.ID, f.Text)
		}
		return
	}
	all := strings.Join(append(f.Evidence, f.Text, f.Consequence, f.Fix), "\n")
	for _, part := range parts {
		if !strings.Contains(all, part) {
			m.t.Errorf("%s does not say %q:\n%s", id, part, all)
		}
	}
}

func (m *machine) expectNo(found map[string]Finding, ids ...string) {
	m.t.Helper()
	for _, id := range ids {
		if f, ok := found[id]; ok {
			m.t.Errorf("%s: %s %q", id, f.Text, f.Evidence)
		}
	}
}

// goroot is where a release is.
func goroot(t *testing.T, release string) string {
	t.Helper()
	cmd := exec.Command("go", "env", "GOROOT")
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+release, "GOROOT=", "GOFLAGS=")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("get %s: %v", release, err)
	}
	return strings.TrimSpace(string(out))
}

// twoGos is a machine with an older go from the distribution in /usr/bin and
// the go that runs the tests in /usr/local/go.
func twoGos(t *testing.T) *machine {
	m := newMachine(t)
	m.link(goroot(t, olderGo), "usr/lib/go-1.24")
	m.link(m.file("usr/lib/go-1.24/bin/go"), "usr/bin/go")
	m.link(goroot(t, "local"), "usr/local/go")
	m.write("var/lib/dpkg/info/golang-1.24-go:amd64.list", "/usr/bin/gofmt\n/usr/bin/go\n")
	return m
}

// TestSilentDowngrade is the case that gave the command its name: /usr/bin/go
// is older and comes first.
func TestSilentDowngrade(t *testing.T) {
	m := twoGos(t)
	m.path = []string{"usr/bin", "usr/local/go/bin"}
	usrBin, newer := m.file("usr/bin"), m.file("usr/local/go/bin")
	m.write("home/me/.bashrc", "# PATH="+usrBin+":$PATH\nalias ll='ls -l'\nexport PATH="+usrBin+":$PATH\n")
	m.write("home/me/.zshrc", "path=("+usrBin+" $path)\nexport PATH=\"$PATH:/opt/x\"\n")
	m.write("home/me/.config/fish/config.fish", "\n\nfish_add_path --prepend "+usrBin+"\nfish_add_path -a "+usrBin+"\n")
	m.write("etc/profile.d/apps.sh", "PATH=/sbin:"+usrBin+"; export PATH\n")
	m.write("etc/profile", "PATH=/bin:/sbin\n")
	m.write("home/me/.profile", "export PATH="+newer+":$PATH\n")

	found := m.examine()
	m.expect(found, "go-chosen", Info, usrBin+"/go runs: it is the first in PATH", "usr/local/go/bin/go", olderGo)
	m.expect(found, "go-shadow", Warning, usrBin+"/go is "+olderGo+" and hides "+newer+"/go, which is "+runtime.Version(),
		"-> "+goroot(t, olderGo)+"/bin/go", "golang-1.24-go", `export PATH="`+newer+`:$PATH"`)
	m.expect(found, "shell-path", Warning, m.file("home/me/.bashrc")+":3: export PATH=", m.file("home/me/.zshrc")+":1: path=(",
		m.file("home/me/.config/fish/config.fish")+":3: fish_add_path", m.file("etc/profile.d/apps.sh")+":1: PATH=/sbin:", "what PATH held is gone")
	if n := len(found["shell-path"].Evidence); n != 4 {
		t.Errorf("%d lines are blamed, want 4: %q", n, found["shell-path"].Evidence)
	}

	// The fix is right: with it the finding is gone.
	m.path = []string{"usr/local/go/bin", "usr/bin"}
	m.expectNo(m.examine(), "go-shadow", "shell-path", "go-broken", "go-missing", "go-env")
	// GUST_GO is a choice, too.
	m.expect(m.examine("GUST_GO="+usrBin+"/go"), "go-chosen", Info, "GUST_GO=")
}

// TestBrokenGo: what go cannot say does not keep the rest from being said.
func TestBrokenGo(t *testing.T) {
	m := newMachine(t)
	m.path = []string{"bin"}
	m.write("home/me/.config/go/env", "GOFLAGS=-count=1\n")
	found := m.examine()
	m.expect(found, "go-missing", Problem, "no go in PATH", "https://go.dev/dl")
	m.expect(found, "goenv", Warning, "home/me/.config/go/env:1: GOFLAGS=-count=1")

	for name, script := range map[string]string{
		"fails":   "#!/bin/sh\necho cannot execute >&2\nexit 126\n",
		"is not":  "#!/bin/sh\necho this is the game of go\n",
		"no exec": "\x7fELF nonsense",
	} {
		m.write("bin/go", script)
		found = m.examine()
		m.expect(found, "go-broken", Problem, m.file("bin/go"))
		m.expect(found, "goenv", Warning)
		if f := found["go-env"]; name != "is not" && f.Level != Problem {
			t.Errorf("%s: go env works: %+v", name, f)
		}
	}

	// One that is not in PATH is named.
	m.link(goroot(t, "local"), "usr/local/go")
	if err := os.Remove(m.file("bin/go")); err != nil {
		t.Fatal(err)
	}
	m.expect(m.examine(), "go-missing", Problem, "usr/local/go/bin/go: "+runtime.Version()+" (not in PATH)", `export PATH="$PATH:`+m.file("usr/local/go/bin"))
}

func TestToolchains(t *testing.T) {
	m := twoGos(t)
	m.path = []string{"usr/bin"}
	older := goroot(t, olderGo)

	// GOROOT of the one, go of the other.
	found := m.examine("GOROOT=" + m.file("usr/local/go"))
	m.expect(found, "goroot", Problem, "GOROOT="+m.file("usr/local/go"), "belongs to "+older, "VERSION there: "+runtime.Version()+", here: "+olderGo, "unset GOROOT")
	m.expect(m.examine("GOROOT="+older), "goroot", Info)
	m.expectNo(m.examine(), "goroot")

	// go.mod wants more than there is.
	m.write("home/me/src/go.mod", "module example.com/m\n\ngo 1.99.0\n")
	found = m.examine("GOTOOLCHAIN=local")
	m.expect(found, "toolchain-local", Problem, "home/me/src/go.mod:3: go 1.99.0", "GOTOOLCHAIN=local in the environment")

	// It is switched without a word, here to one in PATH.
	version := runtime.Version()
	m.write("home/me/src/go.mod", "module example.com/m\n\ngo "+strings.TrimPrefix(version, "go")+"\n")
	m.link(m.file("usr/local/go/bin/go"), "usr/bin/"+version)
	m.expect(m.examine("GOTOOLCHAIN=path"), "toolchain-switch", Info, "go switches to "+version, olderGo)
	m.write("home/me/.config/go/env", "\nGOTOOLCHAIN="+version+"\n")
	m.expect(m.examine(), "toolchain-pinned", Warning, "home/me/.config/go/env:2: GOTOOLCHAIN="+version, "go env -u GOTOOLCHAIN")
}

// TestFix: an experiment that a newer go does not know any more keeps every
// command from working, and is safe to take away.
func TestFix(t *testing.T) {
	m := newMachine(t)
	m.link(goroot(t, "local"), "usr/local/go")
	m.path = []string{"usr/local/go/bin"}
	m.write("home/me/.config/go/env", "GOPRIVATE=example.org\nGOEXPERIMENT=fluxcapacitor\n")
	m.environ = append(m.environ, "GOTMPDIR="+m.file("home/me/tmp/go"))
	found := m.examine()
	m.expect(found, "goexperiment", Problem, "fluxcapacitor", "home/me/.config/go/env:2: GOEXPERIMENT=", "go env -u GOEXPERIMENT")
	m.expect(found, "go-env", Problem)
	if err := found["goexperiment"].Apply(context.Background()); err != nil {
		t.Fatal(err)
	}
	found = m.examine()
	m.expectNo(found, "goexperiment")
	data, err := os.ReadFile(m.file("home/me/.config/go/env"))
	if err != nil || strings.TrimSpace(string(data)) != "GOPRIVATE=example.org" {
		t.Errorf("the file has %q, %v", data, err)
	}
	m.expect(found, "gotmpdir", Problem, "home/me/tmp/go")
	if err := found["gotmpdir"].Apply(context.Background()); err != nil {
		t.Fatal(err)
	}
	m.expectNo(m.examine(), "gotmpdir", "go-env")

	// In the environment there is nothing to apply.
	found = m.examine("GOEXPERIMENT=fluxcapacitor")
	m.expect(found, "goexperiment", Problem, "GOEXPERIMENT=fluxcapacitor in the environment", "unset GOEXPERIMENT")
	if found["goexperiment"].Apply != nil {
		t.Error("a fix that cannot work is called safe")
	}
	m.expect(m.examine("GOEXPERIMENT=nogreenteagc"), "goexperiment", Info)
}

func TestSurroundings(t *testing.T) {
	m := newMachine(t)
	m.link(goroot(t, "local"), "usr/local/go")
	m.path = []string{"usr/local/go/bin", "bin"}
	m.write("bin/git", "#!/bin/sh\n")
	clean := m.examine()
	m.expectNo(clean, "goflags", "proxy", "sumdb", "gobin-path", "cache-network", "clock", "stamp-time", "git-missing", "userns", "path-relative", "env-file", "goenv")

	m.expect(m.examine("GOFLAGS=-count=1"), "goflags", Warning, "-count=1", "no test result is ever cached")
	m.expect(m.examine("GOFLAGS=-mod=mod"), "goflags", Warning, "go edits go.mod")
	m.expect(m.examine("GOFLAGS='-tags=a"), "goflags", Problem, "unterminated")
	m.expect(m.examine("GOPROXY=off"), "proxy", Warning)
	m.expect(m.examine("GOPROXY=http://proxy.example"), "proxy", Warning, "without encryption")
	m.expect(m.examine("GOSUMDB=off"), "sumdb", Warning)
	m.expect(m.examine("GOINSECURE=*"), "sumdb", Warning, "GOINSECURE=*")
	m.expectNo(m.examine("GOPRIVATE=example.org"), "sumdb")
	m.expect(m.examine("PATH="+m.file("usr/local/go/bin")+"::."), "path-relative", Warning, "entry 2")
	m.expect(m.examine("GOCACHE=off"), "cache-off", Problem)
	m.expect(m.examine("CGO_ENABLED=1"), "cgo", Problem, "apt install gcc")
	m.expect(clean, "cgo", Info)

	m.write("home/me/go/bin/tool", "x")
	m.expect(m.examine(), "gobin-path", Warning, "tool is in ", "home/me/go/bin (files there: 1)")

	m.write("proc/self/mounts", "rootfs / ext4 rw 0 0\nserver:/home "+m.file("home")+" nfs4 rw 0 0\n")
	m.expect(m.examine(), "cache-network", Warning, "type nfs4", m.file("home"))

	m.write("home/me/src/Makefile", "build:\n\tgo build -ldflags \"-X main.version=$(V) -X main.buildTime=$$(date +%s)\"\n")
	m.write("home/me/src/.goreleaser.yaml", "ldflags:\n  - -X main.version={{.Version}}\n  - -X main.commit={{.Date}}\n")
	m.expect(m.examine(), "stamp-time", Warning, "Makefile:2: go build", ".goreleaser.yaml:3:")
	if n := len(m.examine()["stamp-time"].Evidence); n != 2 {
		t.Errorf("%d lines, want 2", n)
	}

	future := time.Now().Add(time.Hour)
	if err := os.Chtimes(m.file("home/me/src/m.go"), future, future); err != nil {
		t.Fatal(err)
	}
	m.expect(m.examine(), "clock", Warning, "home/me/src/m.go is from")

	m.write("home/me/src/.env.go", "package env\n\nconst CC = \"./evil\"\n")
	m.expect(m.examine(), "env-file", Problem, ".env.go:3: CC is not trusted", "gust env trust")
	m.write("home/me/src/.env.go", "package env\n\nfunc init() {}\n")
	m.expect(m.examine(), "env-file", Problem, ".env.go:3: a function")

	if runtime.GOOS == "linux" {
		m.write("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n")
		m.expect(m.examine(), "userns", Info, "apparmor_restrict_unprivileged_userns is 1", "apparmor_parser")
		if err := os.RemoveAll(m.file("proc/sys")); err != nil {
			t.Fatal(err)
		}
		m.expect(m.examine(), "userns", Unknown)
	}
}

// TestNamespaces wants what was tried to be stronger than what the kernel's
// settings say, which explain it.
func TestNamespaces(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("NOT TESTED: there are no user namespaces")
	}
	root := t.TempDir()
	dir := filepath.Join(root, "proc/sys/user")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		setting  string
		trial    Trial
		level    string
		evidence []string
	}{
		{"0\n", Trial{Known: true, Works: true}, "", nil},
		{"9\n", Trial{Known: true, Detail: "tried: EPERM"}, Info, []string{"tried: EPERM"}},
		{"0\n", Trial{Known: true, Detail: "tried: ENOSPC"}, Info, []string{"tried: ENOSPC", "user.max_user_namespaces is 0"}},
		{"0\n", Trial{}, Info, []string{"user.max_user_namespaces is 0"}},
		{"9\n", Trial{}, "", nil},
	} {
		if err := os.WriteFile(filepath.Join(dir, "max_user_namespaces"), []byte(tt.setting), 0o666); err != nil {
			t.Fatal(err)
		}
		got := checkNamespaces(context.Background(), &facts{Host: Host{Root: root, Namespaces: func(context.Context) Trial { return tt.trial }}})
		switch {
		case tt.level == "" && len(got) != 0, tt.level != "" && len(got) != 1:
			t.Errorf("%+v: %+v", tt, got)
		case tt.level != "" && (got[0].Level != tt.level || !slices.Equal(got[0].Evidence, tt.evidence) || got[0].Fix == ""):
			t.Errorf("%+v: %+v", tt, got[0])
		}
	}
}

func TestGitOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("NOT TESTED: only root can give a checkout to another user")
	}
	m := newMachine(t)
	m.link(goroot(t, "local"), "usr/local/go")
	m.path = []string{"usr/local/go/bin", "bin"}
	m.write("bin/git", "#!/bin/sh\n")
	m.write("home/me/src/.git/HEAD", "ref: refs/heads/main\n")
	m.expectNo(m.examine(), "git-owner")
	if err := os.Chown(m.module, 12345, 12345); err != nil {
		t.Fatal(err)
	}
	m.expect(m.examine(), "git-owner", Problem, "belongs to user 12345", "safe.directory "+m.module)
	m.expectNo(m.examine("GOFLAGS=-buildvcs=false"), "git-owner")
	m.write("home/me/.gitconfig", "[user]\n\tdirectory = *\n[safe]\n\tdirectory = "+m.module+"\n")
	m.expectNo(m.examine(), "git-owner")
	if err := os.Remove(m.file("bin/git")); err != nil {
		t.Fatal(err)
	}
	m.expect(m.examine(), "git-missing", Info)
}

// TestUnwritableCache: a cache that belongs to somebody else.
func TestUnwritableCache(t *testing.T) {
	m := newMachine(t)
	m.link(goroot(t, "local"), "usr/local/go")
	m.path = []string{"usr/local/go/bin"}
	// A file in the cache's place is refused to root as well.
	m.write("home/me/gocache", "not a directory")
	m.expect(m.examine(), "cache-unwritable", Problem, "home/me/gocache")
}

// TestExplain: what is explained is what can be found.
func TestExplain(t *testing.T) {
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range sources {
		if name == "explain.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	for _, id := range IDs() {
		if !strings.Contains(all.String(), `ID: "`+id+`"`) {
			t.Errorf("%q is explained, but no check finds it", id)
		}
	}
}
