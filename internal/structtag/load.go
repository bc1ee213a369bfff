package structtag

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/gocmd"
)

// listed is what `go list` tells of one package.
type listed struct {
	ImportPath, Dir, Name     string
	GoFiles, CgoFiles         []string
	IgnoredGoFiles            []string
	TestGoFiles, XTestGoFiles []string
	Module                    *module
	Standard                  bool
	Error                     *struct{ Err string }
}

type module struct {
	Main bool
	Dir  string
}

// Files returns the Go files that args name: files themselves, and those of
// the packages that match patterns, for every platform. Packages outside of
// the main module or workspace are an error, since their files are not the
// user's to edit.
//
// It asks the go command itself instead of going through go/packages, which
// would take the go in PATH whatever GUST_GO says.
func Files(ctx context.Context, g *gocmd.Go, args []string, tests bool) ([]string, error) {
	var files, patterns []string
	for _, arg := range args {
		if strings.HasSuffix(arg, ".go") {
			files = append(files, filepath.Clean(arg))
		} else {
			patterns = append(patterns, arg)
		}
	}
	if len(patterns) > 0 {
		out, err := list(ctx, g, patterns)
		if err != nil {
			return nil, err
		}
		found, err := filesOf(out, tests)
		if err != nil {
			return nil, err
		}
		files = append(files, found...)
	}
	slices.Sort(files)
	files = slices.Compact(files)
	if len(files) == 0 {
		return nil, notFound("%s: no Go files", strings.Join(args, " "))
	}
	return files, nil
}

// list runs go list. With -find it does not resolve imports; that -mod=mod in
// GOFLAGS lets it edit go.mod all the same is undone.
func list(ctx context.Context, g *gocmd.Go, patterns []string) ([]byte, error) {
	env, err := g.EnvVars(ctx, "")
	if err != nil {
		return nil, err
	}
	args := []string{"list", "-e", "-find",
		"-json=ImportPath,Dir,Name,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles,Module,Standard,Error"}
	goflags, err := gocmd.SplitGOFLAGS(env.GOFLAGS)
	if err != nil {
		return nil, fmt.Errorf("read GOFLAGS: %w", err)
	}
	if mod, _ := gocmd.FindFlag("build", goflags, "mod"); mod == "mod" {
		args = append(args, "-mod=readonly")
	}
	return g.Output(ctx, append(append(args, "--"), patterns...)...)
}

// filesOf reads the output of go list.
func filesOf(out []byte, tests bool) ([]string, error) {
	var files []string
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return files, nil
		case err != nil:
			return nil, fmt.Errorf("read the output of go list: %w", err)
		}
		own := p.files(tests)
		switch {
		case len(own) == 0 && p.Error != nil:
			return nil, notFound("%s", strings.TrimSpace(p.Error.Err))
		case p.Standard || p.Module != nil && !p.Module.Main:
			return nil, usage("package %s is not part of the main module", p.ImportPath)
		}
		for _, name := range own {
			if err := p.within(name); err != nil {
				return nil, err
			}
		}
		files = append(files, own...)
	}
}

// within refuses links that lead out of the module: a checkout must not have
// files edited elsewhere. Those that are named themselves are followed.
func (p *listed) within(name string) error {
	if p.Module == nil {
		return nil
	}
	root, err := filepath.EvalSymlinks(p.Module.Dir)
	if err != nil {
		return err
	}
	target, err := filepath.EvalSymlinks(name)
	if err != nil {
		return err
	}
	if rel, err := filepath.Rel(root, target); err != nil || !filepath.IsLocal(rel) {
		return usage("%s is a link to %s, outside of the module; name it to edit it", name, target)
	}
	return nil
}

// files lists the source files of a package. Files that other platforms
// compile are among the ignored ones.
func (p *listed) files(tests bool) []string {
	names := slices.Concat(p.GoFiles, p.CgoFiles)
	for _, name := range p.IgnoredGoFiles {
		if !strings.HasPrefix(name, "_") && !strings.HasPrefix(name, ".") && (tests || !strings.HasSuffix(name, "_test.go")) {
			names = append(names, name)
		}
	}
	if tests {
		names = slices.Concat(names, p.TestGoFiles, p.XTestGoFiles)
	}
	for i, name := range names {
		names[i] = filepath.Join(p.Dir, name)
	}
	return names
}
