package projectenv

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/fault"
)

// A checkout is a made-up module and a made-up home.
type checkout struct {
	t         *testing.T
	dir, home string
}

func newCheckout(t *testing.T, content string) checkout {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	c := checkout{t, filepath.Join(root, "src"), filepath.Join(root, "home")}
	c.write("go.mod", "module example.com/m\n\ngo 1.24\n")
	c.write(FileName, content)
	return c
}

func (c checkout) write(name, content string) {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		c.t.Fatal(err)
	}
}

func (c checkout) environ(extra ...string) []string {
	return append([]string{"HOME=" + c.home, "AppData=" + c.home}, extra...)
}

func (c checkout) load(extra ...string) *Project {
	c.t.Helper()
	p, err := Load(Options{Environ: c.environ(extra...), Dir: c.dir})
	if err != nil {
		c.t.Fatal(err)
	}
	return p
}

// dangerous are settings with which a checkout could run a program of its
// own, read or write elsewhere, or have other code served as go's.
var dangerous = []string{
	"CC=./evil", "CXX=./evil", "FC=./evil", "AR=./evil", "GCCGO=./evil", "PKG_CONFIG=./evil",
	"CGO_CFLAGS=-fplugin=./evil.so", "CGO_LDFLAGS=-Wl,--plugin=./evil.so", "CGO_CFLAGS_ALLOW=.*",
	"CGO_CXXFLAGS=-B.", "CGO_CPPFLAGS=-B.", "CGO_FFLAGS=-B.",
	"GOCACHEPROG=./evil", "GOPACKAGESDRIVER=./evil", "GOAUTH=git .", "GOTOOLCHAIN=go1.99.0", "GOTOOLCHAIN=path",
	"GOROOT=.", "GOTOOLDIR=.", "GOENV=./go.env", "GOPROXY=https://evil.example", "GOPROXY=file:///src/evil",
	"GOSUMDB=off", "GONOSUMDB=*", "GONOSUMCHECK=1", "GONOPROXY=*", "GOPRIVATE=*", "GOINSECURE=*", "GOVCS=*:all",
	"GOBIN=/usr/local/bin", "GOPATH=.", "GOCACHE=.", "GOMODCACHE=.", "GOTMPDIR=.", "GOWORK=./go.work",
	"PATH=.", "HOME=.", "USERPROFILE=.", "XDG_CONFIG_HOME=.", "XDG_CACHE_HOME=.", "TMPDIR=.", "SHELL=./evil",
	"LD_PRELOAD=./evil.so", "LD_LIBRARY_PATH=.", "LD_AUDIT=./evil.so", "DYLD_INSERT_LIBRARIES=./evil.dylib",
	"GIT_SSH_COMMAND=./evil", "GIT_EXEC_PATH=.", "GIT_CONFIG_GLOBAL=./config", "GIT_ASKPASS=./evil",
	"GIT_CONFIG_COUNT=1", "GIT_DIR=.", "GIT_TEMPLATE_DIR=.", "SSH_ASKPASS=./evil", "SSH_AUTH_SOCK=./evil",
	"HTTP_PROXY=http://evil", "HTTPS_PROXY=http://evil", "ALL_PROXY=http://evil", "NO_PROXY=*",
	"SSL_CERT_FILE=./evil.pem", "SSL_CERT_DIR=.", "EDITOR=./evil", "VISUAL=./evil", "PAGER=./evil", "BROWSER=./evil",
	"BASH_ENV=./evil", "ENV=./evil", "PYTHONPATH=.", "PERL5LIB=.", "NODE_OPTIONS=--require=./evil",
	"GODEBUG=gocacheverify=1", "GOFIPS140=latest", "GO111MODULE=off", "GCCGOTOOLDIR=.", "GOCOVERDIR=.",
	"GOTELEMETRY=on", "GOTELEMETRYDIR=.", "GO_EXTLINK_ENABLED=1", "TOOLEXEC_IMPORTPATH=x", "A_VARIABLE_OF_TOMORROW=1",
	"GOFLAGS=-toolexec=./evil", "GOFLAGS=--toolexec=./evil", "GOFLAGS=-exec=./evil", "GOFLAGS=-overlay=o.json",
	"GOFLAGS=-vettool=./evil", "GOFLAGS=-ldflags=-extld=./evil", "GOFLAGS='-ldflags=-linkmode=external -extld=./evil'",
	"GOFLAGS=-gcflags=-importcfg=x", "GOFLAGS=-asmflags=-I.", "GOFLAGS=-gccgoflags=-B.", "GOFLAGS=-compiler=gccgo",
	"GOFLAGS=-modfile=other.mod", "GOFLAGS=-mod=mod", "GOFLAGS=-mod", "GOFLAGS=-modcacherw", "GOFLAGS=-pkgdir=.",
	"GOFLAGS=-pgo=x", "GOFLAGS=-o=/etc/passwd", "GOFLAGS=-C=/", "GOFLAGS=-buildvcs=true", "GOFLAGS=-buildvcs",
	"GOFLAGS=-coverprofile=/etc/passwd", "GOFLAGS=-cpuprofile=x", "GOFLAGS=-outputdir=/", "GOFLAGS=-trace=x",
	"GOFLAGS=-vet=off", "GOFLAGS=-tags=a -toolexec=./evil", "GOFLAGS=-tags=a\t-toolexec=./evil",
	"GOFLAGS=-tags=a\n-toolexec=./evil", "GOFLAGS=\"-toolexec=./evil x\"", "GOFLAGS=-test.exec=./evil",
	"GOFLAGS=-insecure", "GOFLAGS=-flag_of_tomorrow", "GOFLAGS=positional", "GOFLAGS='-tags=a",
	"GOOS=linux -toolexec=x", "GOOS=../x", "GOARCH=a/b", "GOEXPERIMENT=a b", "CGO_ENABLED=1\n", "GOAMD64=v1\x01",
}

// TestDangerous: none of it has an effect before the file is trusted, neither
// on its own nor in a profile, and all of it makes the run an error.
func TestDangerous(t *testing.T) {
	for _, setting := range dangerous {
		name, value, _ := strings.Cut(setting, "=")
		content := "package env\n\nconst GOARCH = \"arm64\"\n\nvar profiles = map[string]map[string]string{\"p\": {\"" +
			name + "\": " + quoted(value) + "}}\n"
		if name != "GOARCH" {
			content += "\nconst " + name + " = " + quoted(value) + "\n"
		}
		c := newCheckout(t, content)
		for _, profile := range []string{"", "p"} {
			if name == "GOARCH" && profile == "" {
				continue
			}
			// HOME is set in any process; here nothing is, or the process's
			// own value would hide what is tested.
			p, err := Load(Options{Environ: []string{}, Dir: c.dir, Profile: profile})
			if err != nil {
				t.Errorf("%q: %v", setting, err)
				continue
			}
			if slices.ContainsFunc(p.Environ, func(kv string) bool { return strings.HasPrefix(kv, name+"=") }) {
				t.Errorf("%q in profile %q got through: %q", setting, profile, p.Environ)
			}
			var user *fault.UserError
			if err := p.Err(); !errors.As(err, &user) || user.Kind != fault.Capability || !strings.Contains(err.Error(), name) {
				t.Errorf("%q in profile %q: %v", setting, profile, err)
			}
		}
	}
}

func quoted(s string) string {
	return `"` + strings.NewReplacer(`"`, `\"`, "\n", `\n`, "\t", `\t`, "\x01", `\x01`).Replace(s) + `"`
}

func TestHarmless(t *testing.T) {
	for _, setting := range []string{
		"GOOS=linux", "GOARCH=arm64", "GOARM=7,softfloat", "GOAMD64=v3", "GOEXPERIMENT=rangefunc,noaliastypeparams",
		"CGO_ENABLED=0", "GOFLAGS=-tags=a,b -race --trimpath", "GOFLAGS=-mod=vendor", "GOFLAGS=-buildvcs=false", "GOFLAGS=",
	} {
		name, value, _ := strings.Cut(setting, "=")
		c := newCheckout(t, "package env\n\nconst "+name+" = "+quoted(value)+"\n")
		p := c.load()
		if err := p.Err(); err != nil || !slices.Contains(p.Environ, setting) {
			t.Errorf("%q: %v, environment %q", setting, err, p.Environ)
		}
		if p = c.load(name + "=mine"); slices.Contains(p.Environ, setting) || len(p.Shadowed) != 1 {
			t.Errorf("%q is stronger than the environment", setting)
		}
	}
}

func TestTrust(t *testing.T) {
	const content = "package env\n\nconst CC = \"musl-gcc\"\n"
	c := newCheckout(t, content)
	p := c.load()
	if p.Err() == nil || p.Trusted {
		t.Fatal("trusted from the start")
	}
	trust := TrustIn(c.environ())
	if err := trust.Add(p.File); err != nil {
		t.Fatal(err)
	}
	if p = c.load(); p.Err() != nil || !slices.Contains(p.Environ, "CC=musl-gcc") {
		t.Errorf("not trusted after approval: %v", p.Err())
	}
	if _, err := os.Stat(filepath.Join(c.dir, ".config")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("something was written into the checkout")
	}
	if info, err := os.Stat(trust.record(p.File)); runtime.GOOS != "windows" && (err != nil || info.Mode().Perm() != 0o600) {
		t.Errorf("the record: %v, %v", info.Mode(), err)
	}

	// Any other content, in the same place, is not trusted.
	c.write(FileName, content+"\n")
	if c.load().Err() == nil {
		t.Error("trusted after an edit")
	}
	c.write(FileName, content)
	if c.load().Err() != nil {
		t.Error("not trusted after going back")
	}

	// Neither is the same content in another place.
	other := checkout{t, filepath.Join(filepath.Dir(c.dir), "other"), c.home}
	other.write("go.mod", "module example.com/m\n")
	other.write(FileName, content)
	if other.load().Err() == nil {
		t.Error("trusted in another place")
	}

	// A record for another path is not believed, even under the right name.
	if err := os.WriteFile(trust.record(other.load().File), []byte("/elsewhere\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if other.load().Err() == nil {
		t.Error("a record for another path is believed")
	}
	if n, err := trust.Remove(p.Path); n != 1 || err != nil {
		t.Errorf("removed %d records, %v", n, err)
	}
	if c.load().Err() == nil {
		t.Error("trusted after it was taken back")
	}
}

// TestTrustInCheckout: a checkout cannot bring its own approval along where
// HOME lies in it, as in some CI systems.
func TestTrustInCheckout(t *testing.T) {
	for _, git := range []bool{false, true} {
		c := newCheckout(t, "package env\n\nconst CC = \"./evil\"\n")
		c.home = c.dir
		if git {
			// The module is below the root of the checkout, HOME is the root.
			c.home = filepath.Dir(c.dir)
			if err := os.Mkdir(filepath.Join(c.home, ".git"), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		p := c.load()
		trust := TrustIn(c.environ())
		if err := trust.Add(p.File); err == nil {
			t.Error("approved within the checkout")
		}
		if err := os.MkdirAll(trust.dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(trust.record(p.File), []byte(p.Path+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if c.load().Err() == nil {
			t.Errorf("git %v: a record that came with the checkout is believed", git)
		}
	}
}

func TestFind(t *testing.T) {
	c := newCheckout(t, "package env\n\nconst GOARCH = \"arm64\"\n")
	c.write("deep/er/x.go", "package er\n")
	c.write("nested/go.mod", "module example.com/nested\n")
	c.write("go.work", "go 1.24\n")
	in := func(sub string, extra ...string) string {
		p, err := Load(Options{Environ: c.environ(extra...), Dir: filepath.Join(c.dir, sub)})
		if err != nil {
			t.Fatal(err)
		}
		if p == nil {
			return ""
		}
		rel, err := filepath.Rel(c.dir, p.Path)
		if err != nil {
			t.Fatal(err)
		}
		return filepath.ToSlash(rel)
	}
	for _, tt := range []struct {
		sub, env, want string
	}{
		{"deep/er", "", ".env.go"},
		{"nested", "", ".env.go"}, // the workspace's
		{"nested", "GOWORK=off", ""},
		{"nested", "GOWORK=" + filepath.Join(c.dir, "go.work"), ".env.go"},
		{"deep", "GUST_ENV=off", ""},
		{"..", "", ""},
	} {
		if got := in(tt.sub, tt.env); got != tt.want {
			t.Errorf("in %s with %s: %q, want %q", tt.sub, tt.env, got, tt.want)
		}
	}
	c.write("nested/.env.go", "package env\n")
	if got := in("nested"); got != "nested/.env.go" {
		t.Errorf("the module's own comes first; got %q", got)
	}
}

// TestOddFiles: what is not a plain file of a sensible size is an error, and
// never blocks.
func TestOddFiles(t *testing.T) {
	c := newCheckout(t, "package env\n")
	path := filepath.Join(c.dir, FileName)
	replace := func(make func() error) error {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
		if err := make(); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Options{Environ: c.environ(), Dir: c.dir})
		return err
	}
	if err := replace(func() error { return os.Mkdir(path, 0o777) }); err == nil {
		t.Error("a directory is read")
	}
	if err := replace(func() error { return os.Symlink(filepath.Join(c.dir, "go.mod"), path) }); err == nil {
		t.Error("a link is followed")
	}
	if err := replace(func() error { return os.Symlink("/dev/zero", path) }); err == nil {
		t.Error("a link to a device is followed")
	}
	if err := replace(func() error { return os.WriteFile(path, bytes.Repeat([]byte("//\n"), 40<<10), 0o666) }); err == nil {
		t.Error("a large file is read")
	}
}

// TestNoLeak: reading a project changes nothing in the environment it was
// given, so two projects side by side do not see each other's settings.
func TestNoLeak(t *testing.T) {
	a := newCheckout(t, "package env\n\nconst GOARCH = \"arm64\"\n")
	b := newCheckout(t, "package env\n\nconst GOARCH = \"riscv64\"\n")
	environ := make([]string, 0, 100)
	environ = append(environ, "HOME="+a.home)
	before := slices.Clone(os.Environ())
	var got []string
	for _, c := range []checkout{a, b, a} {
		p, err := Load(Options{Environ: environ, Dir: c.dir})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.Environ[len(p.Environ)-1])
	}
	if !slices.Equal(got, []string{"GOARCH=arm64", "GOARCH=riscv64", "GOARCH=arm64"}) {
		t.Errorf("environments: %q", got)
	}
	if full := environ[:cap(environ)]; full[1] != "" || !slices.Equal(before, os.Environ()) {
		t.Error("the environment was changed")
	}
}

// BenchmarkLoad is what every command pays for a project with settings, and
// BenchmarkLoadNone what it pays for one without.
func BenchmarkLoad(b *testing.B) {
	benchmarkLoad(b, map[string]string{"go.mod": "module m\n", FileName: Template + "\nconst GOOS = \"linux\"\n"}, true)
}

func BenchmarkLoadNone(b *testing.B) {
	benchmarkLoad(b, map[string]string{"go.mod": "module m\n"}, false)
}

func benchmarkLoad(b *testing.B, files map[string]string, found bool) {
	dir := b.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		p, err := Load(Options{Environ: os.Environ(), Dir: dir})
		if err != nil || (p != nil) != found {
			b.Fatal(p, err)
		}
	}
}
