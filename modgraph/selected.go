package modgraph

import (
	"go/version"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gust-go/gust/internal/gocmd"
)

// A selection makes the build list of what go mod graph has printed, of the
// project's go.mod and go.sum, and of the module cache. go list -m says the
// same, but takes longer than go mod graph, as it looks up when each version
// was published. Where anything is out of the ordinary, go list -m is asked:
// the tests hold the one to the other.
type selection struct {
	main  *modfile.File
	sums  map[string]bool // "path version" and "path version/go.mod", as in go.sum
	cache string          // GOMODCACHE
	root  string          // the main module's folder
	gomod string
}

// newSelection reads go.mod and go.sum. It is nil if go list -m has to be
// asked whatever go mod graph says.
func (l *Loader) newSelection() *selection {
	if l.workspace() || l.opts.ModFile != "" || l.opts.Updates || l.env.GOMODCACHE == "" || !harmless(l.env.GOFLAGS) {
		return nil
	}
	data, err := os.ReadFile(l.env.GOMOD)
	if err != nil {
		return nil
	}
	canonical := true
	main, err := modfile.Parse(l.env.GOMOD, data, func(_, v string) (string, error) {
		canonical = canonical && module.CanonicalVersion(v) == v
		return v, nil
	})
	if err != nil || !canonical || !tidyEnough(main) {
		return nil
	}
	sum, err := os.ReadFile(strings.TrimSuffix(l.env.GOMOD, ".mod") + ".sum")
	if err != nil && !os.IsNotExist(err) {
		return nil
	}
	sums, ok := parseSums(string(sum))
	if !ok {
		return nil
	}
	return &selection{main: main, sums: sums, cache: l.env.GOMODCACHE, root: filepath.Dir(l.env.GOMOD), gomod: l.env.GOMOD}
}

// harmless reports whether GOFLAGS has nothing that makes go mod graph or go
// list -m see other modules; -mod is gust's to set.
func harmless(flags string) bool {
	list, err := gocmd.SplitGOFLAGS(flags)
	for _, f := range list {
		name, _, _ := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if !slices.Contains([]string{"mod", "modcacherw", "buildvcs", "tags", "trimpath", "race", "v", "x", "p", "ldflags", "gcflags"}, name) {
			return false
		}
	}
	return err == nil
}

// tidyEnough reports whether go list -m would leave a go.mod as it is if its
// requirements are consistent, and not fail for wanting to change it: see
// commitRequirements and modFileIsDirty in cmd/go/internal/modload.
func tidyEnough(f *modfile.File) bool {
	if f.Module == nil || f.Go == nil {
		return false
	}
	if t := f.Toolchain; t != nil &&
		(!version.IsValid(t.Name) || version.Compare(t.Name, "go1.21") < 0 || t.Name == "go"+f.Go.Version) {
		return false
	}
	required, replaced, excluded := make(map[string]bool), make(map[module.Version]bool), make(map[module.Version]bool)
	for _, r := range f.Require {
		if required[r.Mod.Path] || r.Mod.Path == f.Module.Mod.Path {
			return false
		}
		required[r.Mod.Path] = true
	}
	for _, r := range f.Replace {
		if replaced[r.Old] || r.Old.Path == f.Module.Mod.Path {
			return false
		}
		replaced[r.Old] = true
	}
	for _, x := range f.Exclude {
		if excluded[x.Mod] {
			return false
		}
		excluded[x.Mod] = true
	}
	return true
}

// parseSums reads a go.sum file the way go does.
func parseSums(text string) (map[string]bool, bool) {
	sums := make(map[string]bool, strings.Count(text, "\n"))
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		end := strings.LastIndexByte(line, ' ')
		if line == "" {
			continue
		}
		if end < 0 || strings.Count(line, " ") != 2 || strings.ContainsRune(line, '\t') {
			return nil, false // go may refuse it, or see three fields in it
		}
		if strings.HasPrefix(line[end:], " h1:") && line[end+1:] != emptyModHash {
			sums[line[:end]] = true
		}
	}
	return sums, true
}

// emptyModHash is what an old release wrote into go.sum by mistake; go
// ignores it.
const emptyModHash = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

// A selectedModule is a module with the paths that it requires for others'
// sake.
type selectedModule struct {
	Module
	indirect map[string]bool
}

// modules is the build list. graph is what go mod graph printed.
func (s *selection) modules(graph *requirementGraph) ([]selectedModule, bool) {
	highest, loaded, ok := s.highest(graph)
	if !ok || !s.consistent(graph) {
		return nil, false
	}
	for _, r := range s.main.Require {
		if highest[r.Mod.Path] != r.Mod.Version {
			return nil, false
		}
	}
	list := make([]selectedModule, 0, len(highest))
	for path, v := range highest {
		list = append(list, selectedModule{Module: Module{Version: Version{path, v}}})
	}
	if !inParallel(len(list), func(i int) bool { return s.complete(&list[i], loaded[list[i].Version]) }) {
		return nil, false
	}
	main := Module{Version: Version{Path: s.main.Module.Mod.Path}, Main: true, GoVersion: s.main.Go.Version, Dir: s.root, GoMod: s.gomod}
	return append(list, selectedModule{Module: main}), true
}

// highest is the version that each path is selected at: as go mod graph
// loads what go list -m does, the highest that it prints. loaded are the
// versions that have requirements, so that go has read their go.mod.
func (s *selection) highest(graph *requirementGraph) (highest map[string]string, loaded map[Version]bool, ok bool) {
	highest, loaded = make(map[string]string), make(map[Version]bool)
	for _, r := range graph.list {
		loaded[r.From] = true
		for _, v := range []Version{r.From, r.To} {
			if v.Path == s.main.Module.Mod.Path {
				continue // the main module stands above all its versions
			}
			have, ok := highest[v.Path]
			switch {
			case ok && have == v.Version:
			case !semver.IsValid(v.Version) || v.Path == noZipHash:
				return nil, nil, false
			case !ok || semver.Compare(v.Version, have) > 0:
				highest[v.Path] = v.Version
			case semver.Compare(v.Version, have) == 0:
				return nil, nil, false
			}
		}
	}
	return highest, loaded, true
}

// noZipHash is a module that go takes from GOROOT rather than download it.
const noZipHash = "golang.org/fips140"

// consistent reports whether the main module's requirements in the graph are
// those of its go.mod. They differ where go had to raise one, which go list
// -m would refuse.
func (s *selection) consistent(graph *requirementGraph) bool {
	own := map[Version]bool{{"go", s.main.Go.Version}: true}
	if s.main.Toolchain != nil {
		own[Version{"toolchain", s.main.Toolchain.Name}] = true
	}
	for _, r := range s.main.Require {
		own[Version{r.Mod.Path, r.Mod.Version}] = true
	}
	main := Version{Path: s.main.Module.Mod.Path}
	seen := 0
	for _, list := range [][]Requirement{graph.list, graph.releases} {
		for _, r := range list {
			if r.From.Version != "" {
				continue
			}
			if r.From != main || !own[r.To] {
				return false
			}
			seen++
		}
	}
	return seen == len(own)
}

// complete fills in what moduleInfo in cmd/go/internal/modload would. loaded
// says whether go has surely read its go.mod.
func (s *selection) complete(m *selectedModule, loaded bool) bool {
	actual := m.Version
	if r := s.replacement(m.Version); r != nil {
		m.Replace = &Replacement{Version: Version{r.New.Path, r.New.Version}, Local: r.New.Version == ""}
		actual = m.Replace.Version
		if m.Replace.Local {
			m.Dir = filepath.FromSlash(r.New.Path)
			if !filepath.IsAbs(m.Dir) {
				m.Dir = filepath.Join(s.root, m.Dir)
			}
			m.GoMod = filepath.Join(m.Dir, "go.mod")
			data, err := os.ReadFile(m.GoMod)
			return err == nil && m.read(data, loaded)
		}
	}
	key := actual.Path + " " + actual.Version
	cached, dir, ok := cachePaths(s.cache, actual)
	if !ok {
		return false
	}
	if s.sums[key+"/go.mod"] {
		data, err := os.ReadFile(cached + ".mod")
		if err != nil || !m.read(data, loaded) {
			return false // go list -m would fetch it
		}
		m.GoMod = cached + ".mod"
	} else if loaded {
		return false
	}
	if s.sums[key] && extracted(cached, dir) {
		m.Dir = dir
	}
	return true
}

// replacement finds the replace line for a version, as go does: one that
// names it comes before one for all versions.
func (s *selection) replacement(v Version) (any *modfile.Replace) {
	for _, r := range s.main.Replace {
		if r.Old.Path != v.Path {
			continue
		}
		if r.Old.Version == v.Version {
			return r
		}
		if r.Old.Version == "" {
			any = r
		}
	}
	return any
}

// read takes from a go.mod file what a graph needs of it.
func (m *selectedModule) read(data []byte, loaded bool) bool {
	goVersion, marks, ok := scanGoMod(data)
	if ok && loaded {
		m.GoVersion, m.indirect = goVersion, marks
		return true
	}
	// go need not have read the file, so it may be broken.
	file, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return !loaded
	}
	if file.Go != nil {
		m.GoVersion = file.Go.Version
	}
	m.indirect = make(map[string]bool)
	for _, r := range file.Require {
		if r.Indirect {
			m.indirect[r.Mod.Path] = true
		}
	}
	return true
}

// cachePaths are where the module cache has the files about a version,
// without their extension, and its source.
func cachePaths(cache string, v Version) (files, dir string, ok bool) {
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return "", "", false
	}
	version, err := module.EscapeVersion(v.Version)
	if err != nil {
		return "", "", false
	}
	path = filepath.FromSlash(path)
	return filepath.Join(cache, "cache", "download", path, "@v", version), filepath.Join(cache, path+"@"+version), true
}

// extracted reports whether the source of a version is there in full, as
// DownloadDir in cmd/go/internal/modfetch does.
func extracted(cached, dir string) bool {
	if !isDir(dir) {
		return false
	}
	if _, err := os.Stat(cached + ".partial"); !os.IsNotExist(err) {
		return false
	}
	_, err := os.Stat(cached + ".ziphash")
	return err == nil
}
