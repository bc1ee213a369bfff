package affected

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"

	"golang.org/x/mod/modfile"
)

// everything says why all packages are affected, "" if they are not. It also
// finds out which modules changed.
func (s *selector) everything(ctx context.Context) (string, error) {
	for _, name := range []string{"overlay", "modfile"} {
		for _, arg := range s.opts.ListArgs {
			if strings.HasPrefix(strings.TrimLeft(arg, "-"), name) {
				return "-" + name + " is set: could not tell what changed", nil
			}
		}
	}
	env, err := s.opts.Go.EnvVars(ctx, "")
	if err != nil {
		return "", err
	}
	if strings.Contains(env.GOFLAGS, "-overlay") || strings.Contains(env.GOFLAGS, "-modfile") {
		return "GOFLAGS is " + env.GOFLAGS + ": could not tell what changed", nil
	}
	mod, ok := s.rel(env.GOMOD)
	workspace := env.GOWORK != "" && env.GOWORK != "off"
	for _, name := range s.changed {
		if why := s.structural(name, mod, workspace); why != "" {
			return why, nil
		}
	}
	sum := strings.TrimSuffix(mod, "go.mod") + "go.sum"
	if !ok || !s.isChanged(mod) && !s.isChanged(sum) {
		return "", nil
	}
	return s.compareModules(ctx, env.GOMOD, mod, sum)
}

// structural says why a changed file changes which packages there are.
func (s *selector) structural(name, mod string, workspace bool) string {
	switch path.Base(name) {
	case "go.work", "go.work.sum", "modules.txt", "go.env":
		return name + " changed"
	case "go.mod":
		switch {
		case name == mod && !workspace:
			return ""
		case workspace || s.graph.replacedByDir():
			return name + " changed, of a module that this one uses or may use"
		case !s.exists(name):
			return name + " is gone: its packages may belong to another module now"
		}
		return s.newModule(name)
	case "go.sum":
		if workspace {
			return name + " changed, in a workspace"
		}
	}
	return ""
}

// newModule says so if a go.mod was not there at the commit.
func (s *selector) newModule(name string) string {
	_, ok, err := s.repo.File(context.Background(), s.commit, name)
	switch {
	case err != nil:
		return name + ": " + err.Error()
	case !ok:
		return name + " is new: packages may have moved to its module"
	}
	return ""
}

// replacedByDir reports whether a module of the graph is a directory.
func (g *graph) replacedByDir() bool {
	for _, p := range g.packages {
		if p.Module != nil && p.Module.Replace != nil && p.Module.Replace.Version == "" {
			return true
		}
	}
	return false
}

// compareModules compares go.mod and go.sum with those of the commit: their
// own lines, and the versions that go chooses by them.
func (s *selector) compareModules(ctx context.Context, file, mod, sum string) (string, error) {
	oldMod, ok, err := s.repo.File(ctx, s.commit, mod)
	if err != nil || !ok {
		return mod + " is not in the commit", err
	}
	oldSum, _, err := s.repo.File(ctx, s.commit, sum)
	if err != nil {
		return "", err
	}
	newMod, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("compare go.mod: %w", err)
	}
	newSum, err := os.ReadFile(filepath.Join(filepath.Dir(file), "go.sum"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("compare go.sum: %w", err)
	}
	if why := settings(mod, oldMod, newMod); why != "" {
		return why, nil
	}
	s.modules = make(map[string]string)
	for module := range differingSums(oldSum, newSum) {
		s.modules[module] = "has another checksum in " + sum
	}
	if bytes.Equal(oldMod, newMod) {
		return "", nil
	}
	before, err := s.versions(ctx, oldMod, oldSum)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err != nil {
		return "could not tell which versions " + mod + " chose at the commit: " + firstLine(err.Error()), nil
	}
	for _, p := range s.graph.packages {
		if p.Module == nil || p.Module.Main {
			continue
		}
		old, ok := before[p.Module.Path]
		switch now := p.Module.version(); {
		case !ok:
			s.modules[p.Module.Path] = "is new, at " + now
		case old != now:
			s.modules[p.Module.Path] = "changed from " + old + " to " + now
		}
	}
	return "", nil
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// version is the version of a module, and what replaces it.
func (m *listedModule) version() string {
	if m.Replace == nil {
		return m.Version
	}
	return strings.TrimSpace(m.Version + " => " + m.Replace.Path + " " + m.Replace.Version)
}

// settings compares what go.mod says besides requirements and replacements,
// which show in the versions.
func settings(name string, before, after []byte) string {
	a, err := modfile.Parse(name, before, nil)
	if err != nil {
		return name + " at the commit does not parse"
	}
	b, err := modfile.Parse(name, after, nil)
	if err != nil {
		return name + " does not parse"
	}
	strip := func(f *modfile.File) [4]any {
		var godebug []string
		for _, g := range f.Godebug {
			godebug = append(godebug, g.Key+"="+g.Value)
		}
		var ignore []string
		for _, i := range f.Ignore {
			ignore = append(ignore, i.Path)
		}
		var goVersion, toolchain, module string
		if f.Go != nil {
			goVersion = f.Go.Version
		}
		if f.Toolchain != nil {
			toolchain = f.Toolchain.Name
		}
		if f.Module != nil {
			module = f.Module.Mod.Path
		}
		return [4]any{module, goVersion + " " + toolchain, godebug, ignore}
	}
	for i, what := range [4]string{"module", "go or toolchain", "godebug", "ignore"} {
		if !reflect.DeepEqual(strip(a)[i], strip(b)[i]) {
			return "the " + what + " lines of " + name + " changed"
		}
	}
	return ""
}

// differingSums returns the modules of which both files know a version, with
// different hashes.
func differingSums(before, after []byte) map[string]bool {
	old := sums(before)
	differing := make(map[string]bool)
	for key, hash := range sums(after) {
		if h, ok := old[key]; ok && h != hash {
			module, _, _ := strings.Cut(key, " ")
			differing[module] = true
		}
	}
	return differing
}

func sums(data []byte) map[string]string {
	hashes := make(map[string]string)
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		if words := strings.Fields(lines.Text()); len(words) == 3 {
			hashes[words[0]+" "+words[1]] += words[2]
		}
	}
	return hashes
}

// versions asks go which versions a go.mod chooses.
func (s *selector) versions(ctx context.Context, mod, sum []byte) (map[string]string, error) {
	dir, err := os.MkdirTemp("", "gust-affected")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "go.mod")
	if err := errors.Join(os.WriteFile(file, mod, 0o600), os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600)); err != nil {
		return nil, err
	}
	out, err := s.opts.Go.Output(ctx, "list", "-m", "-mod=mod", "-modfile="+file, "-json=Path,Version,Replace,Main", "all")
	if err != nil {
		return nil, err
	}
	versions := make(map[string]string)
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var m listedModule
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return versions, nil
		} else if err != nil {
			return nil, err
		}
		versions[m.Path] = m.version()
	}
}
