package modgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/version"
	"io"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
)

// How a vulnerability is reached; each includes the one before.
const (
	VulnRequired = "required" // the module is in the build list
	VulnImported = "imported" // a vulnerable package is imported
	VulnCalled   = "called"   // a vulnerable function can be called
)

// A Vuln is one known vulnerability of a module in use.
type Vuln struct {
	// ID is that of the Go vulnerability database; Summary its title.
	ID, Summary string
	Module      Version
	// Fixed is the first version without it, empty if there is none.
	Fixed string
	// Reach is required, imported or called.
	Reach string
	// Trace is a chain of calls or imports, the vulnerable symbol last.
	Trace []string
}

// govulncheck's messages, as documented for its JSON output.
type vulnMessage struct {
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Version  string `json:"version"`
			Package  string `json:"package"`
			Function string `json:"function"`
			Receiver string `json:"receiver"`
		} `json:"trace"`
	} `json:"finding"`
}

// scanner is the govulncheck to run, one that the user's go can build.
// Linking it into gust (golang.org/x/vuln/scan) would add 9 MB and 1.5 ms to
// the start of every gust process, and could not read code for a go newer
// than the one that gust was built with.
func scanner(goversion string) string {
	const program = "golang.org/x/vuln/cmd/govulncheck@"
	release, _, _ := strings.Cut(goversion, " ")
	if version.IsValid(release) && version.Compare(release, "go1.25") < 0 {
		return program + "v1.1.4"
	}
	return program + "v1.4.0"
}

// Vulns runs govulncheck on packages of the project, none meaning all. It
// needs the network: for govulncheck itself, the first time, and for the
// database of vulnerabilities (db, or vuln.go.dev).
func (l *Loader) Vulns(ctx context.Context, db string, patterns []string) ([]Vuln, error) {
	args := []string{"run", scanner(l.env.GOVERSION), "-json"}
	if db != "" {
		args = append(args, "-db="+db)
	}
	if tags := lastFlag(l.env.GOFLAGS, "tags"); tags != "" {
		args = append(args, "-tags="+tags)
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	// The flags in GOFLAGS are for the project, not for building a program.
	g := &gocmd.Go{Path: l.goCmd.Path, Dir: l.goCmd.Dir, Env: append(slices.Clip(environ(l.goCmd)), "GOFLAGS=")}
	out, err := g.Output(ctx, append(append(args, "--"), patterns...)...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fault.New(fault.Capability, "check the network and run: go build ./...", "look for vulnerabilities: %w", err)
	}
	return parseVulns(bytes.NewReader(out))
}

func parseVulns(r io.Reader) ([]Vuln, error) {
	dec := json.NewDecoder(r)
	summaries := make(map[string]string)
	best := make(map[string]Vuln)
	for {
		var m vulnMessage
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, fmt.Errorf("read the output of govulncheck: %w", err)
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		if m.Finding == nil || len(m.Finding.Trace) == 0 {
			continue
		}
		first := m.Finding.Trace[0]
		v := Vuln{ID: m.Finding.OSV, Module: Version{first.Module, first.Version}, Fixed: m.Finding.Fixed, Reach: VulnRequired}
		switch {
		case first.Function != "":
			v.Reach = VulnCalled
		case first.Package != "":
			v.Reach = VulnImported
		}
		for _, f := range slices.Backward(m.Finding.Trace) {
			v.Trace = append(v.Trace, frame(f.Module, f.Package, f.Receiver, f.Function))
		}
		key := v.ID + " " + v.Module.Path
		if old, ok := best[key]; !ok || reach(v) > reach(old) || reach(v) == reach(old) && len(v.Trace) < len(old.Trace) {
			best[key] = v
		}
	}
	var out []Vuln
	for _, v := range best {
		v.Summary = summaries[v.ID]
		out = append(out, v)
	}
	slices.SortFunc(out, func(a, b Vuln) int {
		if reach(a) != reach(b) {
			return reach(b) - reach(a)
		}
		return strings.Compare(a.ID+a.Module.Path, b.ID+b.Module.Path)
	})
	return out, nil
}

func reach(v Vuln) int {
	return slices.Index([]string{VulnRequired, VulnImported, VulnCalled}, v.Reach)
}

func frame(module, pkg, receiver, function string) string {
	switch {
	case function == "" && pkg == "":
		return module
	case function == "":
		return pkg
	case receiver != "":
		return pkg + "." + strings.TrimPrefix(receiver, "*") + "." + function
	}
	return pkg + "." + function
}
