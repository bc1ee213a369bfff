package toolexec

import (
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
	for _, path := range slices.Sorted(maps.Keys(cfg.PackageFile)) {
		id, err := d.w.visible(path, cfg.PackageFile[path])
		if err != nil && d.err == nil {
			d.err = err
		}
		d.add("import "+path, id)
	}
}

// visible identifies what an importer sees of an archive, short of positions
// where those are known. Nothing that go vet reports depends on where things
// stand in another package: what points there, it shows, and a vet with
// something to show is not remembered.
func (w *wrapper) visible(path, file string) (string, error) {
	f, err := openImport(path, file)
	if err != nil {
		return "", err
	}
	if f.contentID != "" && !w.remembered(path) {
		return "content " + f.contentID, nil
	}
	if err := f.load(); err != nil {
		return "", err
	}
	if x, err := getInterface(w.store, f.export); err == nil {
		return "interface " + digestText(x.digest), nil
	}
	return "export data " + f.export, nil
}
