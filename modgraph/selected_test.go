package modgraph

import (
	"archive/zip"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

var (
	seeds   = flag.Int("modgraph.seeds", 6, "how many random projects to hold to go list -m")
	folders = flag.String("modgraph.folders", "", "folder with modules to hold to go list -m, besides those of the tests")
)

// sameAsGoList holds the build list that follows from go mod graph to the one
// that go list -m prints, and reports whether there is one.
func sameAsGoList(t *testing.T, l *Loader) bool {
	t.Helper()
	ctx := context.Background()
	s := l.newSelection()
	if s == nil {
		return false
	}
	graph, err := l.requirements(ctx)
	if err != nil {
		return false
	}
	list, ok := s.modules(graph)
	if !ok {
		return false
	}
	slow, err := l.loadListed(ctx, nil)
	if err != nil {
		t.Errorf("go list -m: %v; without it there is a graph", err)
		return true
	}
	for i := range slow.Modules {
		// What cannot be looked up about a version says nothing about the graph.
		slow.Modules[i].Problem = ""
	}
	if slow, err = l.finish(slow, l.readGoMods(slow)); err != nil {
		t.Fatal(err)
	}
	fast, err := l.finish(l.selected(list, graph))
	if err != nil {
		t.Fatal(err)
	}
	for _, pair := range [][2]any{{fast.Modules, slow.Modules}, {fast.Edges, slow.Edges}, {fast.Requirements, slow.Requirements}} {
		got, want := toJSON(t, pair[0]), toJSON(t, pair[1])
		if got != want {
			t.Errorf("without go list -m:\n%s\nwith it:\n%s", got, want)
		}
	}
	return true
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSelectedFolders(t *testing.T) {
	entries, err := os.ReadDir(*folders)
	if *folders == "" || err != nil {
		t.Skip("-modgraph.folders names no folder with modules")
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			t.Logf("follows from go mod graph: %t", sameAsGoList(t, loader(t, filepath.Join(*folders, e.Name()), "GOFLAGS=")))
		})
	}
}

// TestSelectedRandom makes up projects and module proxies.
func TestSelectedRandom(t *testing.T) {
	followed := 0
	for seed := range *seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			p := newProject(t, uint64(seed))
			// As it comes: most are inconsistent, and go.sum is missing.
			if sameAsGoList(t, p.loader()) {
				followed++
			}
			if !p.complete() {
				return // go cannot load it at all
			}
			if sameAsGoList(t, p.loader()) {
				followed++
			}
			// With more than go needs, and then with less.
			p.download()
			for range 3 {
				if sameAsGoList(t, p.loader()) {
					followed++
				}
				p.damage()
			}
		})
	}
	if followed < *seeds {
		t.Errorf("only %d graphs of %d projects followed from go mod graph", followed, *seeds)
	}
	t.Logf("%d graphs followed from go mod graph", followed)
}

// A project is a main module and a proxy, both made up.
type project struct {
	*testing.T
	rand       *rand.Rand
	dir, proxy string
	modules    []Version
}

func newProject(t *testing.T, seed uint64) *project {
	root := t.TempDir()
	p := &project{T: t, rand: rand.New(rand.NewPCG(seed, 6)), dir: filepath.Join(root, "main"), proxy: filepath.Join(root, "proxy")}
	for i := range 3 + p.rand.IntN(9) {
		path, versions := fmt.Sprintf("example.com/M%d", i), []string{"v1.0.0", "v1.1.0-rc.1", "v1.1.0", "v0.0.0-20240102030405-0123456789ab"}
		switch p.rand.IntN(6) {
		case 0:
			path, versions = path+"/v2", []string{"v2.0.0", "v2.10.0", "v2.9.0"}
		case 1:
			versions = append(versions, "v2.0.0+incompatible")
		}
		for _, v := range versions[:1+p.rand.IntN(len(versions))] {
			p.modules = append(p.modules, Version{path, v})
		}
	}
	for _, v := range p.modules {
		p.publish(v)
	}
	p.write(filepath.Join(p.dir, "go.mod"), p.mainFile())
	p.write(filepath.Join(p.dir, "local", "go.mod"), "module example.com/local\n"+p.goLine()+p.requires(3))
	return p
}

func (p *project) write(name, text string) {
	p.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		p.Fatal(err)
	}
}

func (p *project) pick(from ...string) string { return from[p.rand.IntN(len(from))] }
func (p *project) module() Version            { return p.modules[p.rand.IntN(len(p.modules))] }
func (p *project) goLine() string {
	return p.pick("", "go 1.15\n", "go 1.17\n", "go 1.21\n", "go 1.21.0\n", "go 1.22 // why\n", "// c\ngo\t1.18\n")
}

// requires are up to n lines, each path once.
func (p *project) requires(n int) string {
	var b strings.Builder
	seen := map[string]bool{}
	for range p.rand.IntN(n + 1) {
		v := p.module()
		if seen[v.Path] {
			continue
		}
		seen[v.Path] = true
		format := p.pick("require %s %s\n", "require %s %s // indirect\n", "require (\n\t%s %s // indirect; why\n)\n", "require(\n\t// c\n\t%s %s\n) // indirect\n", "require %q %s // indirectly\n")
		fmt.Fprintf(&b, format, v.Path, v.Version)
	}
	return b.String()
}

// publish puts a version into the proxy.
func (p *project) publish(v Version) {
	files, _, ok := cachePaths("", v)
	if !ok {
		p.Fatal(v)
	}
	base := filepath.Join(p.proxy, strings.TrimPrefix(files, filepath.Join("cache", "download")))
	mod := "module " + v.Path + "\n" + p.goLine() + p.requires(4) + p.pick("", "exclude example.com/x v1.0.0\n", "replace example.com/M0 => ../x\n", "retract v1.0.0 // indirect\n")
	if strings.HasSuffix(v.Version, "+incompatible") {
		mod = "module " + v.Path + "\n"
	}
	p.write(base+".mod", mod)
	p.write(base+".info", fmt.Sprintf(`{"Version":%q,"Time":"2024-01-02T03:04:05Z"}`, v.Version))
	file, err := os.Create(base + ".zip")
	if err != nil {
		p.Fatal(err)
	}
	defer file.Close()
	z := zip.NewWriter(file)
	for name, text := range map[string]string{"go.mod": mod, "a.go": "package a\n"} {
		if name == "go.mod" && strings.HasSuffix(v.Version, "+incompatible") {
			continue
		}
		w, err := z.Create(v.String() + "/" + name)
		if err != nil {
			p.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			p.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		p.Fatal(err)
	}
}

func (p *project) mainFile() string {
	text := "module example.com/main\n" + p.pick("go 1.15\n", "go 1.17\n", "go 1.21\n", "go 1.22.0\n", "go 1.22.0\ntoolchain go1.22.1\n", "go 1.22.0\ntoolchain go1.22.0\n", "go 1.23 // c\n", "") + p.requires(8)
	for range p.rand.IntN(3) {
		v := p.module()
		text += p.pick(
			"exclude "+v.Path+" "+v.Version+"\n",
			"replace "+v.Path+" => ./local\n",
			"replace "+v.Path+" "+v.Version+" => ./local\n",
			"replace "+v.Path+" => "+v.Path+" "+v.Version+"\n",
			"replace example.com/none => ./none\n",
		)
	}
	return text
}

// env is for go: no network, and a module cache of the project's own.
func (p *project) env() []string {
	proxy := filepath.ToSlash(p.proxy)
	if runtime.GOOS == "windows" {
		proxy = "/" + proxy
	}
	return []string{"GOPROXY=file://" + proxy, "GONOSUMDB=*", "GOFLAGS=-modcacherw", "GOMODCACHE=" + filepath.Join(p.dir, "..", "cache"), "GOWORK=off", "GOTOOLCHAIN=local"}
}

func (p *project) loader() *Loader { p.Helper(); return loader(p.T, p.dir, p.env()...) }

// complete makes go.mod consistent and go.sum complete, if go can.
func (p *project) complete() bool { return p.goCommand("list", "-mod=mod", "-m", "all") }

// download gets sources, and their sums as it were needed.
func (p *project) download() { p.goCommand("mod", "download") }

func (p *project) goCommand(args ...string) bool {
	cmd := exec.Command("go", args...)
	cmd.Dir = p.dir
	cmd.Env = append(cmd.Environ(), p.env()...)
	return cmd.Run() == nil
}

// damage takes a line out of go.sum, or a file out of the module cache.
func (p *project) damage() {
	switch p.rand.IntN(3) {
	case 0:
		name := filepath.Join(p.dir, "go.sum")
		data, err := os.ReadFile(name)
		if err != nil {
			return // it requires nothing
		}
		lines := strings.SplitAfter(string(data), "\n")
		i := p.rand.IntN(len(lines))
		p.write(name, strings.Join(append(lines[:i:i], lines[i+1:]...), ""))
	case 1:
		files, dir, _ := cachePaths(filepath.Join(p.dir, "..", "cache"), p.module())
		for _, name := range []string{files + p.pick(".mod", ".ziphash", ".info"), filepath.Join(dir, "go.mod")} {
			os.Remove(name)
		}
	case 2:
		files, dir, _ := cachePaths(filepath.Join(p.dir, "..", "cache"), p.module())
		if p.rand.IntN(2) == 0 {
			os.RemoveAll(dir)
		} else if _, err := os.Stat(files + ".mod"); err == nil {
			p.write(files+".partial", "")
		}
	}
}
