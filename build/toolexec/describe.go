package toolexec

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/build/store"
)

// A Description is what one compile was made of. It is kept under a name in which
// its directory has no part, so that another checkout, or another machine by way
// of a remote cache, can say what is different there.
type Description struct {
	ImportPath string `json:"import_path"`
	Platform   string `json:"platform"`
	// Action is the part of go's own key for the compile that build IDs have.
	Action string `json:"action"`
	// Key is gust's key for it; empty if the package is one that cannot change.
	Key string `json:"key,omitempty"`
	// Dir is where the sources are, if that is part of the key.
	Dir string `json:"dir,omitempty"`
	// Module is where they are in the module cache, if they are.
	Module string `json:"module,omitempty"`
	// Trimmed: -trimpath is in use.
	Trimmed bool `json:"trimmed,omitempty"`
	Inputs
}

// What a description that is read may have: those of real packages have some
// dozen files and a few hundred imports.
const (
	MaxDescription = 4 << 20
	maxTexts       = 20_000
)

// DescriptionKey names the description of the package's last compile.
func DescriptionKey(importPath, platform string, variant []string) string {
	return store.Key([]byte("description 1\n"), []byte(importPath), []byte("\n"+platform+"\n"), []byte(strings.Join(variant, " ")))
}

// localKey names those of this machine's last compiles.
func localKey(key string) string { return store.Key([]byte("local\n"), []byte(key)) }

// ParseDescription reads one, of which nothing is believed but its form.
func ParseDescription(data []byte) (d Description, err error) {
	if len(data) > MaxDescription {
		return d, errors.New("the description of a compile is too long")
	}
	if err := json.Unmarshal(data, &d); err != nil {
		return d, errors.New("not the description of a compile")
	}
	if len(d.Args)+len(d.Env)+len(d.Files)+len(d.Imports) > maxTexts {
		return d, errors.New("the description of a compile has too many parts")
	}
	return d, nil
}

// Variant are the flags that make another kind of compile.
func (d Description) Variant() []string { return variantFlags(d.Args) }

// description is that of this compile. Imports are as the caller knows them.
func (w *wrapper) description(list []Import) Description {
	action, _, _ := strings.Cut(w.c.byName["buildid"], "/")
	in := w.in
	in.Imports = list
	in.Args = slices.DeleteFunc(slices.Clone(in.Args), func(a string) bool { return strings.HasPrefix(a, "-trimpath=") })
	dir := w.c.dir()
	in.Files = slices.Clone(in.Files)
	for i, f := range in.Files {
		if rest, ok := strings.CutPrefix(f.Path, dir+string(filepath.Separator)); ok {
			in.Files[i].Path = filepath.ToSlash(rest)
		}
	}
	d := Description{
		ImportPath: importPath(w.c.byName["p"]), Platform: os.Getenv("GOOS") + "/" + os.Getenv("GOARCH"),
		Action: action, Key: w.key, Trimmed: w.c.trimmedDir() != "", Inputs: in,
	}
	if within(w.GOMODCACHE, dir) {
		d.Module = filepath.ToSlash(dir[len(w.GOMODCACHE)+1:])
	}
	if !d.Trimmed && !within(w.GOROOT, dir) {
		d.Dir = dir
	}
	return d
}

// dir is where the sources are, but for those that cmd/go has made.
func (c *compileArgs) dir() string {
	for _, src := range c.sources {
		if !within(c.objDir, src) {
			return filepath.Dir(src)
		}
	}
	return c.objDir
}

// maxKept bounds how many descriptions of one package are kept: as many checkouts
// can be compared.
const maxKept = 4

// describe stores what this compile was made of: for this machine beside what
// other checkouts have left, and for others.
func (w *wrapper) describe(list []Import) {
	d := w.description(list)
	key := DescriptionKey(d.ImportPath, d.Platform, d.Variant())
	if w.Share != "" {
		if b, err := json.Marshal(d); err == nil {
			w.warn(w.put(store.Inputs, key, b))
		}
	}
	if d.Key == "" {
		return
	}
	all := slices.DeleteFunc(LocalDescriptions(w.store, key), func(old Description) bool {
		return old.Dir == d.Dir && old.Action == d.Action || old.Trimmed && d.Trimmed && old.Key == d.Key
	})
	all = append([]Description{d}, all...)
	if b, err := json.Marshal(all[:min(len(all), maxKept)]); err == nil {
		w.warn(w.store.Put(store.Inputs, localKey(key), b))
	}
}

// LocalDescriptions are those of the compiles on this machine, newest first.
func LocalDescriptions(st *store.Store, key string) (all []Description) {
	b, err := st.Get(store.Inputs, localKey(key))
	if err != nil || json.Unmarshal(b, &all) != nil {
		return nil
	}
	return all
}

// describeForeign stores what the compile of a package that cannot change is made
// of, for other machines: their toolchain or their flags may be others.
func (w *wrapper) describeForeign() []Stored {
	if !w.Describes || w.Share == "" || w.c == nil || w.cfg == nil {
		return nil
	}
	var err error
	if w.in, w.sources, err = readInputs(w.store, w.tool, w.c); err != nil {
		return nil
	}
	w.describe(w.importIDs())
	return w.shared
}

// importIDs are the imports by what can be read at no cost.
func (w *wrapper) importIDs() (list []Import) {
	for _, path := range w.cfg.paths {
		if f, err := openImport(path, w.cfg.files[path]); err == nil {
			list = append(list, Import{Path: path, ContentID: f.contentID})
		}
	}
	return list
}

// inspect writes what the compile of the package that is asked for is made of,
// and ends the build.
func (w *wrapper) inspect() int {
	if ok := w.understood(); !ok && (w.c == nil || w.cfg == nil) {
		return exitInternal
	} else if !ok {
		var err error
		if w.in, w.sources, err = readInputs(w.store, w.tool, w.c); err != nil {
			return exitInternal
		}
	}
	list := w.importIDs()
	for i, im := range list {
		if f, err := openImport(im.Path, w.cfg.files[im.Path]); err == nil && f.load() == nil {
			list[i].Export = f.export
		}
	}
	b, err := json.Marshal(w.description(list))
	if err != nil || os.WriteFile(w.Inspect.File, b, 0o600) != nil {
		return exitInternal
	}
	return 1
}
