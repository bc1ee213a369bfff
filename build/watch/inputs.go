package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
)

// inputs are the files that a build depends on and that a user may change.
type inputs struct {
	// dirs are package directories, and what counts in each.
	dirs map[string]rule
	// trees are directories that count with all below them.
	trees map[string]rule
	// files are single files.
	files map[string]bool
	// packages counts the local packages.
	packages int
}

// A rule says which names in a directory count.
type rule int

const (
	sources    rule = iota // what go compiles or reads by its extension, but tests
	tests                  // tests as well
	everything             // all but tests and what editors leave beside a file
	withTests              // tests as well
)

func newInputs() *inputs {
	return &inputs{dirs: map[string]rule{}, trees: map[string]rule{}, files: map[string]bool{}}
}

func (in *inputs) addDir(dir string, r rule) { in.dirs[dir] = max(in.dirs[dir], r) }

// listed is what go list says of a package.
type listed struct {
	ImportPath    string
	Dir           string
	Standard      bool
	CgoFiles      []string
	EmbedPatterns []string
	EmbedFiles    []string
	Module        *listedModule
	Error         *struct{ Err string }
}

type listedModule struct {
	Path    string
	Main    bool
	Dir     string
	GoMod   string
	Replace *struct{ Version string }
}

const listedFields = "-json=ImportPath,Dir,Standard,CgoFiles,EmbedPatterns,EmbedFiles,Module,Error"

// lister finds the inputs of one command line.
type lister struct {
	goCmd *gocmd.Go
	verb  string
	args  []string // go's, as the user gave them
}

// list asks go for the local packages that the build consists of, those that
// do not build included, and for the files that say which these are.
func (l *lister) list(ctx context.Context) (*inputs, error) {
	chdir, _ := gocmd.FindFlag(l.verb, l.args, "C")
	env, err := l.goCmd.EnvVars(ctx, chdir)
	if err != nil {
		return nil, err
	}
	args := append([]string{"list"}, gocmd.ListArgs(l.verb, l.args)...)
	if l.verb == "test" {
		args = append(args, "-test")
	}
	args = append(args, "-e", "-deps", listedFields, "--")
	out, err := l.goCmd.Output(ctx, append(args, l.packages()...)...)
	if err != nil {
		return nil, err
	}
	in := newInputs()
	var missing []listed
	modules := map[string]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		if p.Dir == "" && p.Error != nil {
			missing = append(missing, p)
		}
		if l.verb == "test" && (strings.HasSuffix(p.ImportPath, ".test") || strings.Contains(p.ImportPath, " [")) {
			continue // the same directory, or generated
		}
		if p.local() {
			in.addPackage(p)
			if l.verb == "test" {
				in.addTests(p)
			}
			if p.Module != nil {
				modules[p.Module.Path] = p.Module.Dir
			}
		}
	}
	in.addMissing(missing, modules)
	in.addPatterns(l.packages(), l.base(chdir), l.rule())
	in.addModuleFiles(env)
	l.addFlagFiles(in, l.base(chdir))
	return in, nil
}

// rule is what counts in the directories of packages.
func (l *lister) rule() rule {
	if l.verb == "test" {
		return tests
	}
	return sources
}

func (l *lister) packages() []string {
	pkgs := gocmd.Packages(l.verb, l.args)
	if len(pkgs) == 0 {
		return []string{"."}
	}
	return pkgs
}

// base is the directory that relative paths on the command line start from.
func (l *lister) base(chdir string) string {
	dir := l.goCmd.Dir
	if dir == "" {
		dir, _ = os.Getwd() // go fails without one, too
	}
	if chdir == "" {
		return dir
	}
	return absolute(dir, chdir)
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(base, path)
}

// local reports whether the package's files are the user's to change: those of
// the standard library and the module cache do not change.
func (p *listed) local() bool {
	switch {
	case p.Standard || p.Dir == "":
		return false
	case p.Module == nil || p.Module.Main:
		return true
	}
	return p.Module.Replace != nil && p.Module.Replace.Version == ""
}

func (in *inputs) addPackage(p listed) {
	in.packages++
	r := sources
	if len(p.CgoFiles) > 0 {
		r = everything // C files may include anything
	}
	in.addDir(p.Dir, r)
	for _, f := range p.EmbedFiles {
		in.files[filepath.Join(p.Dir, f)] = true
	}
	for _, pattern := range p.EmbedPatterns {
		in.addEmbed(p.Dir, strings.TrimPrefix(pattern, "all:"))
	}
	if p.Module != nil && p.Module.GoMod != "" {
		in.files[p.Module.GoMod] = true
	}
}

// addTests adds the tests of a package and what go keeps for them.
func (in *inputs) addTests(p listed) {
	if in.dirs[p.Dir] == everything {
		in.addDir(p.Dir, withTests)
	}
	in.addDir(p.Dir, tests)
	in.trees[filepath.Join(p.Dir, "testdata")] = withTests
}

// addEmbed adds what an embed pattern may match tomorrow: the directory in
// front of its first wildcard with all below it, or one file.
func (in *inputs) addEmbed(dir, pattern string) {
	var fixed []string
	for _, elem := range strings.Split(pattern, "/") {
		if strings.ContainsAny(elem, `*?[\`) {
			break
		}
		fixed = append(fixed, elem)
	}
	path := filepath.Join(append([]string{dir}, fixed...)...)
	switch info, err := os.Lstat(path); {
	case path == dir:
		in.addDir(dir, everything)
	case err == nil && info.IsDir():
		in.trees[path] = everything
	default:
		in.files[path] = true
	}
}

// addMissing adds the places where packages that are not there would be.
func (in *inputs) addMissing(missing []listed, modules map[string]string) {
	for _, p := range missing {
		for path, dir := range modules {
			if rel, ok := strings.CutPrefix(p.ImportPath, path+"/"); ok && dir != "" {
				in.addDir(filepath.Join(dir, filepath.FromSlash(rel)), sources)
			}
		}
	}
}

// addPatterns adds the trees behind patterns such as ./..., where any new
// directory can become a package.
func (in *inputs) addPatterns(pkgs []string, base string, r rule) {
	for _, p := range pkgs {
		dir, _, ok := strings.Cut(p, "...")
		if ok && (strings.HasPrefix(p, ".") || filepath.IsAbs(p)) {
			in.trees[absolute(base, filepath.FromSlash(strings.TrimSuffix(dir, "/")))] = r
		}
	}
}

// addModuleFiles adds the files that say which modules there are.
func (in *inputs) addModuleFiles(env gocmd.Env) {
	for _, file := range []string{env.GOMOD, env.GOWORK} {
		if filepath.IsAbs(file) && file != os.DevNull {
			in.files[file] = true
		}
	}
	if filepath.IsAbs(env.GOMOD) {
		dir := filepath.Dir(env.GOMOD)
		in.files[filepath.Join(dir, "go.sum")] = true
		in.files[filepath.Join(dir, "vendor", "modules.txt")] = true
	}
	if filepath.IsAbs(env.GOWORK) {
		in.files[env.GOWORK+".sum"] = true
	}
}

// addFlagFiles adds files that flags name.
func (l *lister) addFlagFiles(in *inputs, base string) {
	for _, name := range []string{"modfile", "overlay", "pgo"} {
		value, ok := gocmd.FindFlag(l.verb, l.args, name)
		if !ok || value == "" || value == "auto" || value == "off" {
			continue
		}
		file := absolute(base, value)
		in.files[file] = true
		if sum, ok := strings.CutSuffix(file, ".mod"); ok && name == "modfile" {
			in.files[sum+".sum"] = true
		}
		if name == "overlay" {
			in.addOverlay(file, base)
		}
	}
}

func (in *inputs) addOverlay(file, base string) {
	b, err := os.ReadFile(file)
	var overlay struct{ Replace map[string]string }
	if err != nil || json.Unmarshal(b, &overlay) != nil {
		return // go says so
	}
	for _, to := range overlay.Replace {
		if to != "" {
			in.files[absolute(base, to)] = true
		}
	}
}

// fallback is what to watch before go could say anything: the tree that the
// command was given in, and the files that may keep go from saying more.
func (l *lister) fallback() *inputs {
	in := newInputs()
	chdir, _ := gocmd.FindFlag(l.verb, l.args, "C")
	base := l.base(chdir)
	in.trees[base] = l.rule()
	for dir := base; ; dir = filepath.Dir(dir) {
		for _, name := range []string{"go.mod", "go.sum", "go.work"} {
			file := filepath.Join(dir, name)
			if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) || dir == base {
				in.files[file] = true
			}
		}
		if dir == filepath.Dir(dir) {
			return in
		}
	}
}

// counts reports whether a name in a directory with this rule matters.
func (r rule) counts(name string) bool {
	if name == "" || name[0] == '.' || name[0] == '#' || strings.HasSuffix(name, "~") ||
		(r == sources || r == everything) && strings.HasSuffix(name, "_test.go") {
		return false
	}
	if r >= everything {
		return !temporary(name)
	}
	if name[0] == '_' {
		return false
	}
	switch filepath.Ext(name) {
	// The files that go/build looks at (goodOSArchFile and matchFile), and
	// default.pgo.
	case ".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90",
		".s", ".S", ".sx", ".swig", ".swigcxx", ".syso", ".pgo":
		return true
	}
	return false
}

// temporary reports whether a name is one that editors give to files beside the
// one that is edited; vim tries whether it may write with 4913.
func temporary(name string) bool {
	switch filepath.Ext(name) {
	case ".swp", ".swx", ".swo", ".tmp", ".bak", ".orig", ".part":
		return true
	}
	return name == "4913"
}

// descends reports whether a tree with this rule goes on in a directory. Go's
// patterns leave out the names that go.
func (r rule) descends(path string) bool {
	name := filepath.Base(path)
	if name[0] == '.' || r < everything && (name[0] == '_' || name == "testdata" || name == "vendor" || name == "node_modules") {
		return false
	}
	if r >= everything {
		return true
	}
	_, err := os.Lstat(filepath.Join(path, "go.mod"))
	return err != nil
}
