package kernelcheck

import (
	"go/version"
	"maps"
	"strings"

	"github.com/gust-go/gust/kernelcheck/experiment"
	"github.com/gust-go/gust/kernelcheck/fact"
)

// FromToolchain describes the programs that a toolchain would build in its
// directory, as far as that can be told without building one.
func FromToolchain(tc experiment.Toolchain, environ []string) *fact.Program {
	p := &fact.Program{Name: "what " + orElse(tc.Final, "go") + " builds here", OS: tc.GOOS, Arch: tc.GOARCH, Cgo: fact.Unknown, Static: fact.Unknown}
	p.SetVersion(tc.Final)
	p.RawExperiment = tc.GOEXPERIMENT.Text
	p.Level = variable(environ, "GO"+strings.ToUpper(tc.GOARCH))
	if p.Level == "" {
		p.Level = map[string]string{"amd64": "v1", "arm64": "v8.0"}[tc.GOARCH]
	}
	if variable(environ, "CGO_ENABLED") == "0" {
		p.Cgo = fact.No
	}
	p.Debug, p.DebugKnown = debugDefaults(tc.GoLine), p.Go != ""
	maps.Copy(p.Debug, experiment.ParseDebug(tc.GODEBUG.Text))
	return p
}

// debugDefaults are the GODEBUG settings that rules look at and that an older
// go line in go.mod turns back (src/internal/godebugs/table.go).
func debugDefaults(goLine string) map[string]string {
	m := make(map[string]string)
	if goLine == "" {
		return m
	}
	for _, d := range []struct{ name, since, old string }{
		{"multipathtcp", "go1.24", "0"}, {"containermaxprocs", "go1.25", "0"},
		{"updatemaxprocs", "go1.25", "0"}, {"decoratemappings", "go1.25", "0"},
	} {
		if version.Compare("go"+goLine, d.since) < 0 {
			m[d.name] = d.old
		}
	}
	return m
}

func orElse(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

func variable(environ []string, name string) (value string) {
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v
		}
	}
	return value
}
