package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/internal/gocmd"
)

// patience is how long one go may take to say something.
const patience = 15 * time.Second

// gather collects what the checks look at.
func gather(ctx context.Context, h Host) *facts {
	f := &facts{Host: h}
	f.findGos(ctx)
	f.chosen, f.noGo = gocmd.Find(h.Environ)
	if f.chosen != nil {
		f.chosen.Dir = h.Dir
		f.askEnv(ctx)
	}
	f.readGoEnv()
	f.readMod()
	return f
}

// findGos lists the executables called go in PATH, then those in usual
// places, each once.
func (f *facts) findGos(ctx context.Context) {
	name := "go"
	if runtime.GOOS == "windows" {
		name = "go.exe"
	}
	var dirs []string
	inPath := 0
	for _, dir := range filepath.SplitList(f.getenv("PATH")) {
		if filepath.IsAbs(dir) {
			dirs = append(dirs, dir)
		}
	}
	inPath = len(dirs)
	dirs = append(dirs, f.usualPlaces()...)
	for i, dir := range dirs {
		g := foundGo{path: filepath.Join(dir, name), inPath: i < inPath}
		info, err := os.Stat(g.path)
		if err != nil || info.IsDir() || runtime.GOOS != "windows" && info.Mode().Perm()&0o111 == 0 {
			continue
		}
		if g.real, err = filepath.EvalSymlinks(g.path); err != nil {
			g.real = g.path
		}
		if slices.ContainsFunc(f.gos, func(o foundGo) bool { return o.path == g.path || o.real == g.real && !g.inPath }) {
			continue
		}
		f.ask(ctx, &g)
		f.gos = append(f.gos, g)
	}
}

// usualPlaces are where go gets installed, whether in PATH or not.
func (f *facts) usualPlaces() []string {
	var dirs []string
	for _, pattern := range []string{
		filepath.Join(f.Root, "/usr/local/go/bin"), filepath.Join(f.Root, "/usr/lib/go-*/bin"),
		filepath.Join(f.Root, "/usr/lib/golang/bin"), filepath.Join(f.Root, "/opt/go/bin"),
		filepath.Join(f.Root, "/opt/homebrew/bin"), filepath.Join(f.Root, "/snap/bin"),
		filepath.Join(f.getenv("HOME"), "sdk", "go*", "bin"),
	} {
		if found, err := filepath.Glob(pattern); err == nil && filepath.IsAbs(pattern) {
			dirs = append(dirs, found...)
		}
	}
	return dirs
}

// ask asks a go for its version, with settings that could change the answer
// or keep it from giving one out of the way.
func (f *facts) ask(ctx context.Context, g *foundGo) {
	if self, err := os.Stat(f.Self); err == nil {
		if info, err := os.Stat(g.path); err == nil && os.SameFile(self, info) {
			g.gust = true
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	cmd := &gocmd.Go{Path: g.path, Dir: os.TempDir(), Env: f.plainEnv()}
	out, err := cmd.Output(ctx, "version")
	first, _, _ := strings.Cut(string(out), "\n")
	fields := strings.Fields(first)
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		g.err = errors.New("it does not answer")
	case err != nil:
		g.err = err
	case len(fields) >= 3 && fields[0] == "gust":
		g.gust = true
	case len(fields) < 3 || fields[0] != "go" || fields[1] != "version":
		g.err = errors.New("its answer to go version is not a go command's")
	default:
		g.ver = fields[2]
	}
}

// plainEnv is the environment without settings of go's.
func (f *facts) plainEnv() []string {
	env := slices.Clip(slices.Clone(f.Environ))
	return append(env, "GOTOOLCHAIN=local", "GOENV=off", "GOFLAGS=", "GOEXPERIMENT=", "GOROOT=", "GOWORK=off")
}

// askEnv runs go env as the user would.
func (f *facts) askEnv(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	out, err := f.chosen.Output(ctx, "env", "-json")
	if err == nil {
		err = json.Unmarshal(out, &f.env)
	}
	if err != nil {
		f.env, f.envErr = nil, err
	}
}

// readGoEnv reads the file that go env -w writes, even if go cannot say where
// it is.
func (f *facts) readGoEnv() {
	path := f.getenv("GOENV")
	if path == "" {
		path = f.env["GOENV"]
	}
	if path == "" {
		if dir := f.configDir(); dir != "" {
			path = filepath.Join(dir, "go", "env")
		}
	}
	if path == "" || path == "off" {
		return
	}
	f.goenvPath = path
	data, err := os.ReadFile(path)
	if err != nil {
		return // most people have none
	}
	for i, line := range strings.Split(string(data), "\n") {
		name, value, ok := strings.Cut(strings.TrimSpace(line), "=")
		if ok && !strings.HasPrefix(name, "#") && value != "" {
			f.goenv = append(f.goenv, assignment{name, value, i + 1})
		}
	}
}

// configDir is os.UserConfigDir for the environment examined.
func (f *facts) configDir() string {
	home := f.getenv("HOME")
	switch {
	case runtime.GOOS == "windows":
		return f.getenv("AppData")
	case runtime.GOOS == "darwin" && home != "":
		return filepath.Join(home, "Library", "Application Support")
	case f.getenv("XDG_CONFIG_HOME") != "":
		return f.getenv("XDG_CONFIG_HOME")
	case home != "":
		return filepath.Join(home, ".config")
	}
	return ""
}

// A modFile is what go.mod or go.work says about toolchains.
type modFile struct {
	path      string // "" if there is none
	root      string
	needs     string // such as go1.24.0
	line      int
	toolchain string
}

// readMod reads the nearest go.mod, not through go, which may be broken.
func (f *facts) readMod() {
	for dir := f.Dir; dir != ""; dir = filepath.Dir(dir) {
		path := filepath.Join(dir, "go.mod")
		data, err := os.ReadFile(path)
		if err == nil {
			f.mod = modFile{path: path, root: dir}
			file, err := modfile.ParseLax(path, data, nil)
			if err == nil && file.Go != nil {
				f.mod.needs, f.mod.line = "go"+file.Go.Version, file.Go.Syntax.Start.Line
			}
			if err == nil && file.Toolchain != nil {
				f.mod.toolchain = file.Toolchain.Name
			}
			return
		}
		if filepath.Dir(dir) == dir {
			return
		}
	}
}
