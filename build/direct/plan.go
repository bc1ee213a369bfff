package direct

import (
	"encoding/json"
	"errors"
	"go/parser"
	"go/token"
	"slices"
	"strconv"

	"github.com/gust-go/gust/build/toolexec"
)

// ErrNotDirect means that go has to build.
var ErrNotDirect = errors.New("go has to build")

// A Plan is how to make one program.
type Plan struct {
	// Env is what go env said, of which Vars is all.
	Env  Env               `json:"env"`
	Vars map[string]string `json:"vars"`
	// Compiles are the steps of packages that were seen to be compiled, by
	// import path. There is none for a package that go took from its cache.
	Compiles map[string]*Compile `json:"compiles"`
	// Link makes the program.
	Link *toolexec.Step `json:"link"`
	// Own are packages compiled without go since: keys of archives in gust's
	// store that take the place of those that Link names.
	Own map[string]string `json:"own,omitempty"`
}

// Env are variables of go env that a build without go needs.
type Env struct{ GOROOT, GOMODCACHE, GOCACHE, GOMOD string }

// A Compile is a compile and what is known about it besides.
type Compile struct {
	toolexec.Step
	// Imports are what the sources import, sorted.
	Imports []string `json:"imports"`
}

// A Recorder makes a plan of the steps that a build reports.
type Recorder struct {
	compiles map[string]*Compile
	links    []*toolexec.Step
}

// Add notes a step.
func (r *Recorder) Add(s *toolexec.Step) {
	if len(s.Sources) == 0 {
		r.links = append(r.links, s)
		return
	}
	if r.compiles == nil {
		r.compiles = map[string]*Compile{}
	}
	r.compiles[s.ImportPath] = &Compile{Step: *s}
}

// Plan is how the build that is over made its program; nil if it did more or
// less than link one. The sources must be as they were during the build. Steps
// of an earlier plan that still holds are taken over.
func (r *Recorder) Plan(env Env, vars map[string]string, earlier *Plan) *Plan {
	if len(r.links) != 1 {
		return nil
	}
	p := &Plan{Env: env, Vars: vars, Link: r.links[0], Compiles: map[string]*Compile{}}
	archives := p.Link.Archives()
	if earlier != nil && earlier.Env == env {
		for path, c := range earlier.Compiles {
			if archives[path] != "" {
				p.Compiles[path] = c
			}
		}
	}
	for path, c := range r.compiles {
		var err error
		if c.Imports, err = imports(c.Sources); err != nil || archives[path] == "" {
			delete(p.Compiles, path)
			continue
		}
		p.Compiles[path] = c
	}
	return p
}

// imports are the import paths in these files, sorted.
func imports(files []string) ([]string, error) {
	var paths []string
	for _, file := range files {
		f, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, spec := range f.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return nil, err
			}
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// Encode is the plan as it is kept.
func (p *Plan) Encode() ([]byte, error) { return json.Marshal(p) }

// Decode reads what Encode wrote.
func Decode(b []byte) (*Plan, error) {
	p := new(Plan)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, err
	}
	if p.Link == nil {
		return nil, ErrNotDirect
	}
	return p, nil
}
