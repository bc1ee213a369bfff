package projectenv

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
)

// Origins of a variable's value, strongest first.
const (
	OriginFlag    = "flag"
	OriginProcess = "process"
	OriginProfile = "profile"
	OriginFile    = ".env.go"
	OriginGoEnv   = "go env -w"
	OriginRelease = "go.env"
	OriginDefault = "default"
)

// A Variable is a value and where it comes from.
type Variable struct {
	Name, Value, Origin string
	// Where is the file and line, if the origin is a file.
	Where string
	// Overrides are the places whose values lose against this one.
	Overrides []string
}

// Explain asks go for its environment and finds out where each value comes
// from. g must have the project's environment, process is the one without
// it; p may be nil.
func Explain(ctx context.Context, g *gocmd.Go, p *Project, process []string) ([]Variable, error) {
	out, err := g.Output(ctx, "env", "-json")
	if err != nil {
		return nil, err
	}
	values := make(map[string]string)
	if err := json.Unmarshal(out, &values); err != nil {
		return nil, fmt.Errorf("read the output of %s env: %w", g.Path, err)
	}
	layers := []layer{processLayer(process)}
	if p != nil {
		layers = append(layers, p.layer())
		for _, s := range p.Applied {
			if _, known := values[s.Name]; !known {
				values[s.Name] = s.Value
			}
		}
	}
	if file := values["GOENV"]; file != "" && file != "off" {
		layers = append(layers, fileLayer(OriginGoEnv, file))
	}
	layers = append(layers, fileLayer(OriginRelease, filepath.Join(values["GOROOT"], "go.env")))
	var all []Variable
	for name, value := range values {
		all = append(all, origin(name, value, layers))
	}
	slices.SortFunc(all, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

// LevelVariable reports whether a variable of go's chooses the level or the
// variant of one GOARCH, as GOAMD64 does. go env lists only the one that counts.
func LevelVariable(name string) bool {
	return slices.Contains(safeVars, name) && !slices.Contains([]string{"GOOS", "GOARCH", "GOEXPERIMENT"}, name)
}

// A layer is one place that values come from.
type layer map[string]place

type place struct{ origin, where string }

func (p place) String() string {
	if p.where == "" {
		return p.origin
	}
	return p.origin + " (" + p.where + ")"
}

// origin finds the first layer that has a variable.
func origin(name, value string, layers []layer) Variable {
	v := Variable{Name: name, Value: value, Origin: OriginDefault}
	found := false
	for _, l := range layers {
		at, ok := l[name]
		switch {
		case !ok:
		case !found:
			v.Origin, v.Where, found = at.origin, at.where, true
		default:
			v.Overrides = append(v.Overrides, at.String())
		}
	}
	return v
}

// processLayer has the variables that are set and not empty: to go, empty is
// not set.
func processLayer(environ []string) layer {
	l := make(layer)
	for _, kv := range environ {
		if name, value, ok := strings.Cut(kv, "="); ok && value != "" {
			l[name] = place{origin: OriginProcess}
		}
	}
	return l
}

func (p *Project) layer() layer {
	l := make(layer)
	for _, s := range slices.Concat(p.Applied, p.Shadowed) {
		at := place{OriginFile, fmt.Sprintf("%s:%d", p.Path, s.Line)}
		if s.Profile != "" {
			at.origin = OriginProfile + " " + s.Profile
		}
		l[s.Name] = at
	}
	return l
}

// fileLayer reads a file of go's: lines of NAME=value. One that cannot be
// read sets nothing, for go too.
func fileLayer(name, path string) layer {
	l := make(layer)
	data, err := os.ReadFile(path)
	if err != nil {
		return l
	}
	for i, line := range bytes.Split(data, []byte("\n")) {
		key, value, ok := strings.Cut(strings.TrimSpace(string(line)), "=")
		if ok && value != "" && !strings.HasPrefix(key, "#") {
			l[key] = place{name, fmt.Sprintf("%s:%d", path, i+1)}
		}
	}
	return l
}
