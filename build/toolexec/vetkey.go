package toolexec

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"

	"github.com/gust-go/gust/build/store"
)

// vetEnv are the variables that go vet's tool heeds: those of the compiler and
// what go/build reads.
var vetEnv = append([]string{"CGO_ENABLED"}, compilerEnv...)

// vetKey is the digest of all that a vet reads: the tool, its flags, the
// environment, its configuration, and the content of the files named there.
func (w *wrapper) vetKey(cfg vetConfig, objDir string) (string, error) {
	tool, err := toolID(w.store, w.tool)
	if err != nil {
		return "", err
	}
	d := &vetDigest{w: w, dirs: &compileArgs{objDir: objDir, workDir: filepath.Dir(objDir)}}
	d.add("tool", tool)
	for _, arg := range w.args[:len(w.args)-1] {
		d.add("flag", arg)
	}
	for _, kv := range environment(vetEnv) {
		d.add("env", kv)
	}
	d.files("go", cfg.GoFiles)
	d.files("other", cfg.NonGoFiles)
	d.files("ignored", cfg.IgnoredFiles)
	d.imports(&cfg)
	d.add("facts to", d.dirs.neutral(cfg.VetxOutput))
	d.add("stdout to", d.dirs.neutral(cfg.Stdout))
	cfg.GoFiles, cfg.NonGoFiles, cfg.IgnoredFiles = nil, nil, nil
	cfg.PackageFile, cfg.PackageVetx, cfg.VetxOutput, cfg.Stdout = nil, nil, "", ""
	rest, err := json.Marshal(cfg)
	if err != nil {
		return "", err
	}
	d.add("configuration", string(rest))
	return store.Key(d.text), d.err
}

// vetDigest gathers what a vet depends on, in a fixed order.
type vetDigest struct {
	w    *wrapper
	dirs *compileArgs
	text []byte
	err  error
}

func (d *vetDigest) add(kind, value string) {
	d.text = fmt.Appendf(d.text, "%s %q\n", kind, value)
}

// content adds a file by its neutral name and content.
func (d *vetDigest) content(kind, file string) {
	d.add(kind, d.dirs.neutral(file)+" "+d.hash(file))
}

// hash is the digest of a file's content; the first error is kept.
func (d *vetDigest) hash(file string) string {
	key, err := store.FileKey(file)
	if err != nil && d.err == nil {
		d.err = err
	}
	return key
}

func (d *vetDigest) files(kind string, list []string) {
	for _, file := range list {
		d.content(kind+" file", file)
	}
}

// imports adds what can be seen of each import: facts and interface.
func (d *vetDigest) imports(cfg *vetConfig) {
	for _, path := range slices.Sorted(maps.Keys(cfg.PackageVetx)) {
		d.add("facts of "+path, d.hash(cfg.PackageVetx[path]))
	}
	paths := slices.Sorted(maps.Keys(cfg.PackageFile))
	files := make([]*importFile, len(paths))
	var exports []string
	for i, path := range paths {
		f, err := d.w.openVisible(path, cfg.PackageFile[path])
		if err != nil {
			d.err = cmp.Or(d.err, err)
			return
		}
		if files[i] = f; f.export != "" {
			exports = append(exports, f.export)
		}
	}
	d.w.want(store.Interface, exports...) // or the key would be another one than where the package was compiled
	for i, path := range paths {
		d.add("import "+path, d.w.visible(files[i]))
	}
}

// openVisible opens an archive as far as visible needs it.
func (w *wrapper) openVisible(path, file string) (*importFile, error) {
	f, err := openImport(path, file)
	if err != nil || f.contentID != "" && !w.remembered(path) {
		return f, err
	}
	return f, f.load()
}

// visible identifies what an importer sees of an archive, short of positions
// where those are known. Nothing that go vet reports depends on where things
// stand in another package: what points there, it shows, and a vet with
// something to show is not remembered.
func (w *wrapper) visible(f *importFile) string {
	if f.export == "" {
		return "content " + f.contentID
	}
	if x, err := getInterface(w.store, f.export); err == nil {
		return "interface " + digestText(x.digest)
	}
	return "export data " + f.export
}
