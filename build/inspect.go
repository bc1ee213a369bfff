package build

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/share"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
)

// An Inspection is what this machine's compile of a package is made of, and a way
// to ask for what others are.
type Inspection struct {
	toolexec.Description
	// Action is all of go's key.
	Action gocache.ID
	remote *Remote
	lines  Lines
	store  store.Store
}

// Inspect builds a package, of which o.Args has the flags and the path, unless go
// has it already, and says what its compile was made of. Nothing is linked.
func Inspect(ctx context.Context, o Options, sink event.Sink) (*Inspection, error) {
	r := &runner{Options: o, sink: sink}
	chdir, _ := gocmd.FindFlag(o.Verb, o.Args, "C")
	var err error
	if r.env, err = o.Go.EnvVars(ctx, chdir); err != nil {
		return nil, err
	}
	if why, _ := r.plainReason(); why != nil {
		return nil, fault.New(fault.Usage, "run: gust cache why --help", "gust does not build here: %w", why)
	}
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	defer r.session.close()
	r.share = r.startShare(ctx)
	out, err := r.export(ctx, r.session.gocache)
	r.endShare(r.share, false)
	r.share = nil
	if err != nil && ctx.Err() == nil {
		return nil, fault.New(fault.Usage, "run: go build with the same flags", "have go build it: %w", err)
	} else if err != nil {
		return nil, err
	}
	path, id, ok := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if !ok || strings.Contains(id, "\n") {
		return nil, fault.New(fault.Usage, "go list ./...", "%q is not one package", strings.Join(gocmd.Packages(o.Verb, o.Args), " "))
	}
	x := &Inspection{remote: o.Remote, lines: r.lines(), store: *r.session.store}
	if x.Action, err = r.action(id); err != nil {
		return nil, fmt.Errorf("find go's entry of %s: %w", path, err)
	}
	x.Description, err = r.inspect(ctx, path, x.Action)
	return x, err
}

// export has go build the package and say its build ID.
func (r *runner) export(ctx context.Context, cache string) ([]byte, error) {
	tool, err := gocmd.Quote(r.Self, "toolexec")
	if err != nil {
		return nil, err
	}
	if r.share != nil {
		r.session.toolexec.Share, r.session.toolexec.Module = r.share.Socket(), r.mainModule()
		r.session.toolexec.Describes = r.Remote.Write
	}
	value, err := r.session.toolexec.Encode()
	if err != nil {
		return nil, err
	}
	more, err := r.shareEnv(r.share)
	if err != nil {
		return nil, err
	}
	g := *r.Go
	if g.Env == nil {
		g.Env = os.Environ()
	}
	g.Env = append(g.Env[:len(g.Env):len(g.Env)], "GOCACHE="+cache, toolexecVar+"="+value)
	g.Env = append(g.Env, more...)
	args := gocmd.InsertFlags(r.Args, "-export", "-f={{.ImportPath}}\n{{.BuildID}}", "-toolexec="+tool)
	stop := r.follow()
	defer stop()
	return g.Output(ctx, append([]string{"list"}, args...)...)
}

// action is the whole of go's key, of which a build ID has the beginning: the name
// of the file that has the entry.
func (r *runner) action(buildID string) (id gocache.ID, err error) {
	action, _, _ := strings.Cut(buildID, "/")
	begin, err := base64.RawURLEncoding.DecodeString(action)
	if err != nil || len(begin) < 8 {
		return id, fmt.Errorf("%q is no build ID", buildID)
	}
	dir := filepath.Join(r.session.gocache, hex.EncodeToString(begin[:1]))
	files, err := filepath.Glob(filepath.Join(dir, hex.EncodeToString(begin)+"*-a"))
	if err != nil || len(files) == 0 {
		return id, errors.New("it is not in the cache any more")
	}
	b, err := hex.DecodeString(strings.TrimSuffix(filepath.Base(files[0]), "-a"))
	if err != nil || len(b) != len(id) {
		return id, errors.New("its name is of another kind")
	}
	return gocache.ID(b), nil
}

// inspect has go compile the package once more, with a cache that has all but its
// entry, and catches what the compiler would get.
func (r *runner) inspect(ctx context.Context, path string, action gocache.ID) (d toolexec.Description, err error) {
	cache, err := r.without(action)
	if err != nil {
		return d, fmt.Errorf("look at the compile of %s: %w", path, err)
	}
	file := filepath.Join(r.session.dir, "inspected")
	r.session.toolexec.Inspect = &toolexec.Inspect{ImportPath: path, File: file}
	r.session.toolexec.Log = ""
	_, listErr := r.export(ctx, cache) // fails if all goes well
	data, err := os.ReadFile(file)
	if err != nil {
		return d, fmt.Errorf("look at the compile of %s: go did not ask for it: %w", path, errors.Join(listErr, ctx.Err()))
	}
	return toolexec.ParseDescription(data)
}

// without makes a cache of links to gust's, from which one entry is missing.
func (r *runner) without(action gocache.ID) (string, error) {
	cache := filepath.Join(r.session.dir, "without")
	if err := os.Mkdir(cache, 0o777); err != nil {
		return "", err
	}
	// go would trim a cache that does not say when it was.
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	if err := os.WriteFile(filepath.Join(cache, "trim.txt"), []byte(stamp), 0o666); err != nil {
		return "", err
	}
	name := hex.EncodeToString(action[:])
	for i := range 256 {
		sub := fmt.Sprintf("%02x", i)
		if sub != name[:2] {
			if err := os.Symlink(filepath.Join(r.session.gocache, sub), filepath.Join(cache, sub)); err != nil {
				return "", err
			}
		}
	}
	return cache, linkAll(filepath.Join(r.session.gocache, name[:2]), filepath.Join(cache, name[:2]), name+"-a")
}

// linkAll makes links to all that a directory has but one.
func linkAll(from, to, but string) error {
	if err := os.Mkdir(to, 0o777); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == but {
			continue
		}
		if err := os.Symlink(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// Shared reports whether the remote cache has what this very compile makes.
func (x *Inspection) Shared(ctx context.Context) (bool, error) {
	return share.Has(ctx, x.remote.Cache, string(x.lines), x.Action)
}

// Remote is the description of somebody's compile of a package, nil if the remote
// cache has none.
func (x *Inspection) Remote(ctx context.Context, importPath, platform string, variant []string) (*toolexec.Description, error) {
	key := toolexec.DescriptionKey(importPath, platform, variant)
	data, err := share.Fetch(ctx, x.remote.Cache, string(x.lines), store.Inputs, key, toolexec.MaxDescription)
	if errors.Is(err, gocache.ErrMiss) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d, err := toolexec.ParseDescription(data)
	if err == nil && (d.ImportPath != importPath || d.Platform != platform) {
		err = fmt.Errorf("the description of %s is that of another compile", importPath)
	}
	return &d, err
}

// Local are the descriptions of other compiles of the package on this machine.
func (x *Inspection) Local() (all []toolexec.Description) {
	for _, d := range toolexec.LocalDescriptions(&x.store, toolexec.DescriptionKey(x.ImportPath, x.Platform, x.Variant())) {
		if d.Action != x.Description.Action || d.Dir != x.Dir {
			all = append(all, d)
		}
	}
	return all
}
