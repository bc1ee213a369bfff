package modgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// listedModule is a module as go list -m -json prints it.
type listedModule struct {
	Path, Version         string
	Main                  bool
	GoVersion, Dir, GoMod string
	Replace               *struct{ Path, Version, Dir, GoMod string }
	Update                *struct{ Version string }
	Retracted             []string
	Deprecated            string
	Error                 *struct{ Err string }
}

// buildList runs go list -m all.
func (l *Loader) buildList(ctx context.Context) ([]Module, error) {
	args := []string{"list", "-m", "-e", "-json=Path,Version,Main,GoVersion,Dir,GoMod,Replace,Error,Update,Retracted,Deprecated"}
	if l.opts.Updates {
		args = append(args, "-u", "-retracted")
	}
	out, err := l.goCmd.Output(ctx, append(l.modFile(args...), "all")...)
	if err != nil {
		return nil, err
	}
	return parseBuildList(out)
}

func parseBuildList(out []byte) ([]Module, error) {
	var list []Module
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var m listedModule
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return list, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list -m: %w", err)
		}
		if release(m.Path) {
			continue
		}
		if m.Path == "all" && m.Error != nil { // -e makes a pseudo module of a failure
			return nil, errors.New(m.Error.Err)
		}
		list = append(list, m.module())
	}
}

func (m *listedModule) module() Module {
	out := Module{
		Version: Version{m.Path, m.Version}, Main: m.Main, GoVersion: m.GoVersion,
		Dir: m.Dir, GoMod: m.GoMod, Retracted: m.Retracted, Deprecated: m.Deprecated,
	}
	if r := m.Replace; r != nil {
		out.Replace = &Replacement{Version: Version{r.Path, r.Version}, Local: r.Version == ""}
		out.Dir, out.GoMod = cmpString(r.Dir, m.Dir), cmpString(r.GoMod, m.GoMod)
	}
	if m.Update != nil {
		out.Update = m.Update.Version
	}
	if m.Error != nil {
		out.Problem = m.Error.Err
	}
	return out
}

func cmpString(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
