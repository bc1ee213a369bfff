package modgraph

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// SchemaVersion is the version of the JSON that WriteJSON writes. Fields may
// be added under the same version; none is renamed or removed.
const SchemaVersion = 1

type jsonGraph struct {
	V         int          `json:"v"`
	Type      string       `json:"type"`
	GoVersion string       `json:"go_version"`
	Workspace bool         `json:"workspace"`
	Modules   []jsonModule `json:"modules"`
	Edges     []jsonEdge   `json:"edges"`
	// Requirements between versions of which one at least is not selected.
	Requirements []jsonRequirement `json:"unselected_requirements"`
	Notices      []string          `json:"notices,omitempty"`
}

type jsonModule struct {
	Path       string           `json:"path"`
	Version    string           `json:"version,omitempty"`
	Main       bool             `json:"main,omitempty"`
	Direct     bool             `json:"direct,omitempty"`
	Ghost      bool             `json:"ghost,omitempty"`
	Tool       bool             `json:"tool,omitempty"`
	GoVersion  string           `json:"go_version,omitempty"`
	Replace    *jsonReplacement `json:"replace,omitempty"`
	Retracted  []string         `json:"retracted,omitempty"`
	Deprecated string           `json:"deprecated,omitempty"`
	Update     string           `json:"update,omitempty"`
	Problem    string           `json:"problem,omitempty"`
}

type jsonReplacement struct {
	Path    string `json:"path"`
	Version string `json:"version,omitempty"`
	Local   bool   `json:"local,omitempty"`
}

type jsonEdge struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Version  string `json:"version"`
	Indirect bool   `json:"indirect,omitempty"`
}

type jsonRequirement struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// WriteJSON writes the graph as docs/graph.md describes it, sorted, without
// paths of this machine.
func (g *Graph) WriteJSON(w io.Writer) error {
	doc := jsonGraph{V: SchemaVersion, Type: "graph.modules", GoVersion: g.GoVersion, Workspace: g.Workspace,
		Modules: make([]jsonModule, 0, len(g.Modules)), Edges: make([]jsonEdge, 0, len(g.Edges)),
		Requirements: []jsonRequirement{}, Notices: g.Notices}
	for _, m := range g.Modules {
		j := jsonModule{Path: m.Path, Version: m.Version.Version, Main: m.Main, Direct: m.Direct, Ghost: m.Ghost, Tool: m.Tool,
			GoVersion: m.GoVersion, Retracted: m.Retracted, Deprecated: m.Deprecated, Update: m.Update, Problem: m.Problem}
		if r := m.Replace; r != nil {
			j.Replace = &jsonReplacement{r.Path, r.Version.Version, r.Local}
		}
		doc.Modules = append(doc.Modules, j)
	}
	for _, e := range g.Edges {
		doc.Edges = append(doc.Edges, jsonEdge{g.Modules[e.From].Path, g.Modules[e.To].Path, e.Version, e.Indirect})
	}
	for _, r := range g.Requirements {
		if !g.Selected(r.From) {
			doc.Requirements = append(doc.Requirements, jsonRequirement{r.From.String(), r.To.String()})
		}
	}
	return encode(w, doc)
}

type jsonPackages struct {
	V        int           `json:"v"`
	Type     string        `json:"type"`
	Packages []jsonPackage `json:"packages"`
	Problems []jsonProblem `json:"problems,omitempty"`
}

type jsonPackage struct {
	ImportPath string   `json:"import_path"`
	Name       string   `json:"name,omitempty"`
	Module     string   `json:"module,omitempty"`
	Main       bool     `json:"main,omitempty"`
	Imports    []string `json:"imports,omitempty"`
}

type jsonProblem struct {
	ImportPath string `json:"import_path"`
	Text       string `json:"text"`
}

// WriteJSON writes the package graph as docs/graph.md describes it.
func (p *Packages) WriteJSON(w io.Writer) error {
	doc := jsonPackages{V: SchemaVersion, Type: "graph.packages", Packages: make([]jsonPackage, 0, len(p.Packages))}
	for _, pkg := range p.Packages {
		j := jsonPackage{ImportPath: pkg.ImportPath, Name: pkg.Name, Module: pkg.Module, Main: pkg.Main}
		for _, n := range pkg.Imports {
			j.Imports = append(j.Imports, p.Packages[n].ImportPath)
		}
		doc.Packages = append(doc.Packages, j)
	}
	for _, x := range p.Problems {
		doc.Problems = append(doc.Problems, jsonProblem(x))
	}
	return encode(w, doc)
}

func encode(w io.Writer, doc any) error {
	var compact bytes.Buffer
	enc := json.NewEncoder(&compact)
	enc.SetEscapeHTML(false)
	err := enc.Encode(doc)
	if err == nil {
		_, err = w.Write(indented(compact.Bytes()))
	}
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// indented is what json.Indent makes with one space a level of what the
// encoder has written. It checks nothing, and so takes a tenth of the time;
// json.Indent took as long as encoding did.
func indented(compact []byte) []byte {
	out := make([]byte, 0, 2*len(compact))
	depth := 0
	line := func() {
		out = append(out, '\n')
		for range depth {
			out = append(out, ' ')
		}
	}
	for i := 0; i < len(compact); i++ {
		c := compact[i]
		switch c {
		case '"':
			end := stringEnd(compact, i)
			out = append(out, compact[i:end]...)
			i = end - 1
			continue
		case '}', ']':
			depth--
			if before := compact[i-1]; before != '{' && before != '[' {
				line()
			}
		}
		out = append(out, c)
		switch c {
		case '{', '[':
			depth++
			if next := compact[i+1]; next != '}' && next != ']' {
				line()
			}
		case ',':
			line()
		case ':':
			out = append(out, ' ')
		}
	}
	return out
}

// stringEnd is where the string that starts at i ends.
func stringEnd(text []byte, i int) int {
	for i++; text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i + 1
}
