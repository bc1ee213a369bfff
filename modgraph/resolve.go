package modgraph

import (
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// Resolve finds the module that the user names: by path, by the last
// elements of one if that is unambiguous, or by the path of a package in it.
// A version behind an @ is returned as it is.
func (g *Graph) Resolve(name string) (i int, version string, err error) {
	path, version, _ := strings.Cut(name, "@")
	if i, ok := g.index[path]; ok {
		return i, version, nil
	}
	var hits []int
	for k, m := range g.Modules {
		if strings.HasSuffix(m.Path, "/"+path) || strings.HasSuffix(trimMajor(m.Path), "/"+path) {
			hits = append(hits, k)
		}
	}
	switch len(hits) {
	case 1:
		return hits[0], version, nil
	case 0:
		if k, ok := g.provider(path); ok && path != "" {
			return k, version, nil
		}
		return 0, "", fault.New(fault.NotFound, "run: gust graph --all", "no module of the build list is called %q", path)
	}
	var names []string
	for _, k := range hits[:min(len(hits), 5)] {
		names = append(names, g.Modules[k].Path)
	}
	return 0, "", fault.New(fault.NotFound, "name one of them in full", "%q may be %s", path, strings.Join(names, ", "))
}

// trimMajor drops a trailing /v2 and the like.
func trimMajor(path string) string {
	cut := strings.LastIndexByte(path, '/')
	if cut > 0 && len(path) > cut+2 && path[cut+1] == 'v' && strings.Trim(path[cut+2:], "0123456789") == "" {
		return path[:cut]
	}
	return path
}
