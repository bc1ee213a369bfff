package experiment

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// vars are the layers that go reads its variables from.
type vars struct {
	env              map[string]string
	file, root       map[string]string
	envFile, rootEnv string
	goroot           string
	trouble          []string
}

func readVars(in Input) vars {
	v := vars{env: environment(in.Environ)}
	v.envFile = v.findEnvFile()
	if v.envFile != "" {
		v.file = v.read(v.envFile)
	}
	v.goroot = v.findGoroot(in.Go)
	if v.goroot != "" {
		v.rootEnv = filepath.Join(v.goroot, "go.env")
		v.root = v.read(v.rootEnv)
	}
	return v
}

func environment(environ []string) map[string]string {
	m := make(map[string]string, len(environ))
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok {
			if runtime.GOOS == "windows" {
				name = strings.ToUpper(name)
			}
			m[name] = value
		}
	}
	return m
}

// get looks a variable up in go's order. An empty value in the environment
// does not hide the files (golang/go#80252).
func (v vars) get(name string) Value {
	switch {
	case v.env[name] != "":
		return Value{v.env[name], FromEnvironment, ""}
	case v.file[name] != "":
		return Value{v.file[name], FromEnvFile, v.envFile}
	}
	if _, hidden := v.file[name]; !hidden && v.root[name] != "" {
		return Value{v.root[name], FromGoroot, v.rootEnv}
	}
	return Value{}
}

// findEnvFile is cfg.EnvFile of cmd/go.
func (v vars) findEnvFile() string {
	switch file := v.env["GOENV"]; file {
	case "off":
		return ""
	case "":
		dir := v.configDir()
		if dir == "" {
			return ""
		}
		return filepath.Join(dir, "go", "env")
	default:
		return file
	}
}

// configDir is os.UserConfigDir for an environment that is not the process's.
func (v vars) configDir() string {
	switch runtime.GOOS {
	case "windows":
		return v.env["APPDATA"]
	case "darwin", "ios":
		if home := v.env["HOME"]; home != "" {
			return filepath.Join(home, "Library", "Application Support")
		}
		return ""
	}
	if dir := v.env["XDG_CONFIG_HOME"]; dir != "" {
		return dir
	}
	if home := v.env["HOME"]; home != "" {
		return filepath.Join(home, ".config")
	}
	return ""
}

// findGoroot is where go looks for go.env: GOROOT, else the directory above
// the binary's.
func (v vars) findGoroot(goBinary string) string {
	for _, dir := range []string{v.env["GOROOT"], v.file["GOROOT"]} {
		if dir != "" {
			return filepath.Clean(dir)
		}
	}
	if goBinary == "" {
		return ""
	}
	for _, file := range []string{goBinary, resolved(goBinary)} {
		dir := filepath.Dir(filepath.Dir(file))
		if info, err := os.Stat(filepath.Join(dir, "pkg", "tool")); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

func resolved(file string) string {
	if real, err := filepath.EvalSymlinks(file); err == nil {
		return real
	}
	return file
}

// toolchainDir is where a toolchain that go has downloaded lies, "" if it is
// not there.
func (v vars) toolchainDir(name string) string {
	cache := v.get("GOMODCACHE").Text
	if cache == "" {
		gopath := v.get("GOPATH").Text
		if gopath == "" && v.home() != "" {
			gopath = filepath.Join(v.home(), "go")
		}
		list := filepath.SplitList(gopath)
		if len(list) == 0 {
			return ""
		}
		cache = filepath.Join(list[0], "pkg", "mod")
	}
	dir := filepath.Join(cache, "golang.org", fmt.Sprintf("toolchain@v0.0.1-%s.%s-%s", name, runtime.GOOS, runtime.GOARCH))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

func (v vars) home() string {
	if runtime.GOOS == "windows" {
		return v.env["USERPROFILE"]
	}
	return v.env["HOME"]
}

// read reads an env file; a file that is not there is empty.
func (v *vars) read(file string) map[string]string {
	m, err := readEnvFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		v.trouble = append(v.trouble, err.Error())
	}
	return m
}

// readEnvFile reads NAME=value lines as cmd/go does: no quoting, and lines
// that do not begin with a capital letter are comments. The last of several
// lines for a name counts.
func readEnvFile(file string) (map[string]string, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil, fmt.Errorf("read %q: not a file of go env", file)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string)
	for line := range strings.Lines(string(data)) {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		if ok && name != "" && name[0] >= 'A' && name[0] <= 'Z' {
			m[name] = value
		}
	}
	return m, nil
}
