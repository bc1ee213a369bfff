package cutoff

import (
	"net/url"
	"strings"

	"github.com/gust-go/gust/build/objfile"
)

// Stale reports whether an object draws on a function that moved, and says so
// in words. pkg is the object's own package path as the linker writes it.
func (m *Moved) Stale(pkg string, funcs []objfile.Func) (string, bool) {
	if m.uneven {
		return "lines moved within an inlinable function", true
	}
	if len(m.pkgs) == 0 && len(m.files) == 0 {
		return "", false
	}
	defined := make(map[string]bool, len(funcs))
	for _, f := range funcs {
		defined[f.Name] = true
	}
	for _, f := range funcs {
		for _, r := range f.Inlined {
			if !r.Own && m.refMoved(r) {
				return "lines moved in " + m.describe(r) + ", inlined here", true
			}
		}
		if m.funcMoved(f, pkg, defined) {
			return "lines moved in " + f.Name, true
		}
	}
	return "", false
}

// funcMoved reports whether the positions of f itself, as opposed to those of
// functions inlined into it, are of another package and moved: f is an
// instance of a generic function or a closure that came with an inlined body.
func (m *Moved) funcMoved(f objfile.Func, pkg string, defined map[string]bool) bool {
	from := symbolPackage(f.Name)
	if from == pkg && ownPositions(f.Name, defined) {
		return false
	}
	if from != pkg && from != "" {
		p, ok := m.pkgs[unescape(from)]
		return ok && p.nameMoved(strings.TrimPrefix(f.Name, from+"."))
	}
	for _, file := range f.Files {
		if m.files[file] {
			return true
		}
	}
	return false
}

// refMoved reports whether the function r moved or may have.
func (m *Moved) refMoved(r objfile.Ref) bool {
	if r.Pkg != "" {
		p, ok := m.pkgs[unescape(r.Pkg)]
		if !ok {
			return false
		}
		moved, known := p.links[int64(r.Sym)]
		return moved || !known
	}
	from := symbolPackage(r.Name)
	p, ok := m.pkgs[unescape(from)]
	return ok && p.nameMoved(strings.TrimPrefix(r.Name, from+"."))
}

// nameMoved looks up a symbol's name within its package, without type
// arguments; a closure counts with the function around it.
func (p *movedPkg) nameMoved(name string) bool {
	name = withoutTypeArgs(name)
	for {
		if moved, known := p.names[name]; known {
			return moved
		}
		i := strings.LastIndexAny(name, ".-")
		if i <= 0 {
			return true
		}
		name = name[:i]
	}
}

func (m *Moved) describe(r objfile.Ref) string {
	if r.Name != "" {
		return r.Name
	}
	path := unescape(r.Pkg)
	if p := m.pkgs[path]; p != nil && p.label[int64(r.Sym)] != "" {
		return p.label[int64(r.Sym)]
	}
	return "a function of " + path
}

// withoutTypeArgs takes everything in brackets out of a symbol name.
func withoutTypeArgs(name string) string {
	var out strings.Builder
	depth := 0
	for _, c := range name {
		switch c {
		case '[':
			depth++
		case ']':
			depth--
		default:
			if depth == 0 {
				out.WriteRune(c)
			}
		}
	}
	return out.String()
}

// symbolPackage is the escaped package path that a symbol name starts with;
// empty for symbols of no package, such as "type:.eq.T".
func symbolPackage(name string) string {
	if i := strings.IndexByte(name, '['); i >= 0 {
		name = name[:i] // type arguments have paths of their own
	}
	slash := strings.LastIndexByte(name, '/')
	dot := strings.IndexByte(name[slash+1:], '.')
	if dot <= 0 || strings.HasPrefix(name, "type:") || strings.HasPrefix(name, "go:") {
		return ""
	}
	return name[:slash+1+dot]
}

// unescape turns the linker's form of a package path into the path itself
// (cmd/internal/objabi.PrefixToPath).
func unescape(path string) string {
	if s, err := url.PathUnescape(path); err == nil {
		return s
	}
	return path
}

// ownPositions reports whether a function of the object's own package was
// written there. Of a name such as "p.F.G.func1", the closure of a G that was
// inlined into F, it was not; the compiler names it after a parent "p.F.G"
// that does not exist (cmd/compile/internal/ir.closureName).
func ownPositions(name string, defined map[string]bool) bool {
	for {
		parent, ok := cutClosure(name)
		if !ok {
			return true
		}
		if strings.HasSuffix(parent, ".glob.") || strings.HasSuffix(parent, ".init") {
			return true // closures of package-level variables
		}
		if !defined[parent] {
			return false
		}
		name = parent
	}
}

// cutClosure takes the last part off a name if it is one that the compiler
// gives to closures and wrappers.
func cutClosure(name string) (parent string, ok bool) {
	i := strings.LastIndexAny(name, ".-")
	if i <= strings.LastIndexByte(name, '/') {
		return name, false
	}
	part := name[i+1:]
	for _, prefix := range []string{"func", "gowrap", "deferwrap", "range"} {
		part = strings.TrimPrefix(part, prefix)
	}
	if part == "fm" {
		return name[:i], true
	}
	return name[:i], part != "" && strings.Trim(part, "0123456789") == ""
}
