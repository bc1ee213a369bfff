package toolexec

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// A Step is a tool call of cmd/go's, written down so that it can be made again
// with other contents of the same files. Names of the build's temporary
// directories are replaced: $WORK, and $OBJ for the directory of the package.
// Calls that depend on more than a Step can say are not written down.
type Step struct {
	ImportPath string   `json:"import_path"`
	Tool       string   `json:"tool"` // path of the executable
	Dir        string   `json:"dir"`
	Env        []string `json:"env"` // what the tool reads of the environment, see compilerEnv
	Args       []string `json:"args"`
	// Sources are the Go files among Args, all of one directory.
	Sources []string `json:"sources,omitempty"`
	// Config are the lines of the importcfg. In a link the archives are those in
	// go's cache; in a compile they are left out, as a link names them all.
	Config []string `json:"config"`
	// Embed is the content of the -embedcfg file.
	Embed string `json:"embed,omitempty"`
}

const packageFile = "packagefile "

// CompileStep writes a compile down; ok is false if that is impossible.
func (w *wrapper) compileStep() (s Step, ok bool) {
	for _, f := range w.c.flags {
		if f.role == roleFile && f.name != "embedcfg" || f.role == roleOutput && f.name != "o" {
			return s, false
		}
	}
	s, ok = w.step(w.c.byName["p"], w.c.neutral)
	dir := filepath.Dir(w.c.sources[0])
	for _, src := range w.c.sources {
		ok = ok && filepath.Dir(src) == dir && !within(w.c.workDir, src)
	}
	if !ok || strings.Contains(s.ImportPath, " ") { // a variant for a test or a profile
		return s, false
	}
	s.Sources = w.c.sources
	for _, path := range w.cfg.paths {
		s.Config = append(s.Config, packageFile+path+"=")
	}
	s.Config = append(s.Config, w.cfg.other...)
	if file := w.c.byName["embedcfg"]; file != "" {
		b, err := os.ReadFile(file)
		if err != nil {
			return s, false
		}
		s.Embed = string(b)
	}
	return s, true
}

// step fills in what all tools have.
func (w *wrapper) step(pkg string, neutral func(string) string) (s Step, ok bool) {
	s = Step{ImportPath: importPath(pkg), Tool: w.tool}
	var err error
	if s.Dir, err = os.Getwd(); err != nil {
		return s, false
	}
	for _, name := range compilerEnv {
		if v, set := os.LookupEnv(name); set {
			s.Env = append(s.Env, name+"="+v)
		}
	}
	for _, arg := range w.args {
		if strings.Contains(arg, "$OBJ") || strings.Contains(arg, "$WORK") {
			return s, false
		}
		s.Args = append(s.Args, neutral(arg))
	}
	return s, true
}

// linkStep writes the link of a program down.
func (w *wrapper) linkStep() (s Step, ok bool) {
	cfg, ok := linkArgs(w.args)
	if !ok {
		return s, false
	}
	c := &compileArgs{objDir: filepath.Dir(cfg)}
	c.workDir = filepath.Dir(c.objDir)
	if s, ok = w.step("", c.neutral); !ok || s.ImportPath == "" {
		return s, false
	}
	b, err := os.ReadFile(cfg)
	if err != nil {
		return s, false
	}
	s.Config = strings.Split(strings.TrimRight(string(b), "\n"), "\n")
	return s, resolve(s.Config, c.workDir, os.Getenv("GOCACHE")) == nil
}

// linkArgs finds the importcfg in the arguments of the linker; ok is false if
// there is one that may make it read or write anything else.
func linkArgs(args []string) (importcfg string, ok bool) {
	for len(args) > 1 {
		name, value, has := strings.Cut(args[0], "=")
		args = args[1:]
		switch name {
		case "-s", "-w", "-race":
			if has {
				return "", false
			}
			continue
		case "-o", "-importcfg", "-X", "-buildmode", "-buildid", "-extld", "-installsuffix":
		default:
			return "", false
		}
		if !has {
			value, args = args[0], args[1:]
		}
		switch {
		case name == "-importcfg":
			importcfg = value
		case name == "-buildmode" && value != "exe" && value != "pie":
			return "", false
		}
	}
	return importcfg, importcfg != "" && len(args) == 1 && !strings.HasPrefix(args[0], "-")
}

// resolve replaces the archives of a work directory, which will be gone, by
// those in go's cache with the same content: cmd/go has put them there.
func resolve(lines []string, workDir, gocache string) error {
	if gocache == "" {
		return errNoCopy
	}
	var next atomic.Int64
	var failed atomic.Bool
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(lines)) && !failed.Load(); i = next.Add(1) - 1 {
				rest, ok := strings.CutPrefix(lines[i], packageFile)
				path, file, ok2 := strings.Cut(rest, "=")
				if !ok || !ok2 || !within(workDir, file) {
					continue
				}
				kept, err := cached(file, gocache)
				if err != nil {
					failed.Store(true)
				}
				lines[i] = packageFile + path + "=" + kept
			}
		})
	}
	wg.Wait()
	if failed.Load() {
		return errNoCopy
	}
	return nil
}

var errNoCopy = errors.New("no copy in go's cache")

// cached finds a file in go's cache by its content (cmd/go/internal/cache).
func cached(file, gocache string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		return "", err
	}
	name := hex.EncodeToString(h.Sum(nil))
	kept := filepath.Join(gocache, name[:2], name+"-d")
	if info, err := os.Stat(kept); err != nil || !info.Mode().IsRegular() || info.Size() != size {
		return "", errNoCopy
	}
	return kept, nil
}

// Actual are the step's arguments for directories of another build.
func (s *Step) Actual(objDir string) []string {
	c := &compileArgs{objDir: objDir, workDir: filepath.Dir(objDir)}
	args := slices.Clone(s.Args)
	for i, arg := range args {
		args[i] = c.actual(arg)
	}
	return args
}

// Environ is an environment for the step: base, with the variables that the
// tool reads as they were.
func (s *Step) Environ(base []string, session string) []string {
	env := slices.DeleteFunc(slices.Clone(base), func(kv string) bool {
		name, _, _ := strings.Cut(kv, "=")
		return slices.Contains(compilerEnv, name)
	})
	return append(append(env, s.Env...), "PWD="+s.Dir, "TOOLEXEC_IMPORTPATH="+s.ImportPath, SessionVar+"="+session)
}

// Archives are the packages that the step's importcfg names, with their files.
func (s *Step) Archives() map[string]string {
	m := make(map[string]string, len(s.Config))
	for _, line := range s.Config {
		if rest, ok := strings.CutPrefix(line, packageFile); ok {
			path, file, _ := strings.Cut(rest, "=")
			m[path] = file
		}
	}
	return m
}

// Importcfg is the step's importcfg with these archives.
func (s *Step) Importcfg(archives map[string]string) []byte {
	var b []byte
	for _, line := range s.Config {
		if rest, ok := strings.CutPrefix(line, packageFile); ok {
			path, _, _ := strings.Cut(rest, "=")
			line = packageFile + path + "=" + archives[path]
		}
		b = append(append(b, line...), '\n')
	}
	return b
}
