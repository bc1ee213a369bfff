package modgraph

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func (l *Loader) vendored() bool {
	info, err := os.Stat(filepath.Join(l.Root(), "vendor", "modules.txt"))
	return err == nil && info.Mode().IsRegular()
}

// vendorGraph stands in for the module graph where only the vendor folder is
// to be had: its modules, with an edge where a package of one imports a
// package of another. cause is why the real graph could not be loaded.
func (l *Loader) vendorGraph(ctx context.Context, cause error) (*Graph, error) {
	data, err := os.ReadFile(filepath.Join(l.Root(), "vendor", "modules.txt"))
	if err != nil {
		return nil, explain(cause)
	}
	g := &Graph{GoVersion: l.env.GOVERSION, Workspace: l.workspace()}
	g.Modules = parseVendor(data)
	vendor := &Loader{goCmd: readOnly(l.opts.Go, l.env.GOFLAGS, "vendor"), env: l.env, opts: l.opts}
	pkgs, err := vendor.Packages(ctx, PackageOptions{})
	if err != nil {
		return nil, explain(cause)
	}
	mains := map[string]bool{}
	for _, p := range pkgs.Packages {
		if p.Main && !mains[p.Module] {
			mains[p.Module] = true
			g.Modules = append(g.Modules, Module{Version: Version{Path: p.Module}, Main: true, GoMod: filepath.Join(p.ModuleDir, "go.mod")})
		}
	}
	g.seal()
	for _, p := range pkgs.Packages {
		for _, n := range p.Imports {
			if q := pkgs.Packages[n]; q.Module != "" && p.Module != "" && p.Module != q.Module {
				g.Requirements = append(g.Requirements, Requirement{g.versionOf(p.Module), g.versionOf(q.Module)})
			}
		}
	}
	g.seal()
	marks := make(map[Version]map[string]bool)
	if err := l.readMains(g, marks); err != nil {
		return nil, err
	}
	g.connect(marks)
	g.Notices = append(g.Notices, "the module graph is not on this machine; this is what vendor/modules.txt and imports tell, without requirements of other versions")
	return g, nil
}

func (g *Graph) versionOf(path string) Version {
	if i, ok := g.index[path]; ok {
		return g.Modules[i].Version
	}
	return Version{Path: path}
}

// parseVendor reads vendor/modules.txt.
func parseVendor(data []byte) []Module {
	var list []Module
	for line := range bytes.Lines(data) {
		text, ok := strings.CutPrefix(strings.TrimSpace(string(line)), "# ")
		if !ok || strings.HasPrefix(text, "#") {
			continue
		}
		left, right, replaced := strings.Cut(text, " => ")
		f := strings.Fields(left)
		if len(f) != 2 {
			continue // a replacement that is not used, or one for all versions
		}
		m := Module{Version: Version{f[0], f[1]}}
		if to := strings.Fields(right); replaced && len(to) > 0 {
			m.Replace = &Replacement{Version: Version{Path: to[0]}, Local: len(to) == 1}
			if len(to) == 2 {
				m.Replace.Version.Version = to[1]
			}
		}
		list = append(list, m)
	}
	return list
}

// String names the module and what replaces it.
func (m Module) String() string {
	if m.Replace == nil {
		return m.Version.String()
	}
	return fmt.Sprintf("%s => %s", m.Version, m.Replace.Version)
}
