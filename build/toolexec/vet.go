package toolexec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// cmd/go keys a vet by the action ID of the package, which depends on the
// content of all that it imports (cmd/go/internal/work.(*Builder).vet). After
// an edit of a function's body it so vets every importer again, though the
// tool reads no more of an import than its export data and facts.

// vet answers a call of go vet's tool.
func (w *wrapper) vet() int {
	v, ok := w.readVet()
	if !ok {
		return replace(w.tool, w.args)
	}
	entry := Entry{Tool: "vet", BuildPackage: event.BuildPackage{ImportPath: importPath(v.cfg.ImportPath), Outcome: event.Reused}}
	w.want(store.Vet, v.key)
	if old, err := w.storedVet(v); err == nil {
		if w.Verify {
			w.verifyVet(v, old)
		}
		if old.write(v) == nil {
			entry.WallNS = time.Since(w.start).Nanoseconds()
			w.log(entry)
			return 0
		}
	}
	code, printed, err := run(w.tool, w.args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "gust toolexec: %v\n", err)
		return exitInternal
	}
	_, _ = os.Stdout.Write(printed) // cmd/go reads both streams into one
	if code == 0 && len(printed) == 0 {
		w.warn(w.rememberVet(v))
	}
	entry.Outcome, entry.Warning, entry.Stored = event.Compiled, w.warning, w.shared
	entry.WallNS = time.Since(w.start).Nanoseconds()
	w.log(entry)
	return code
}

// vetConfig is what cmd/go writes for the tool, field by field as in
// golang.org/x/tools/go/analysis/unitchecker.Config and, of older releases,
// cmd/go/internal/work.vetConfig. A file with any other field is not
// understood.
type vetConfig struct {
	ID, Compiler, Dir, ImportPath, GoVersion string
	GoFiles, NonGoFiles, IgnoredFiles        []string
	ModulePath, ModuleVersion                string
	Module                                   json.RawMessage
	ImportMap                                map[string]string
	PackageFile, PackageVetx                 map[string]string
	Standard                                 map[string]bool
	VetxOnly                                 bool
	VetxOutput, Stdout, FixArchive           string
	SucceedOnTypecheckFailure                bool
}

// vetCall is one call of the tool.
type vetCall struct {
	cfg vetConfig
	key string
}

// vetOutput is what the tool wrote, and cmd/go reads; nil is no file.
type vetOutput struct {
	Facts  *[]byte `json:"facts,omitempty"`
	Stdout *[]byte `json:"stdout,omitempty"`
}

// readVet reads what a vet depends on; false means to run the tool and forget
// about it. Vets of packages that do not change are left to go's own cache, and
// so are all tools but go's.
func (w *wrapper) readVet() (*vetCall, bool) {
	if w.NoReuse || len(w.args) == 0 || !within(w.GOROOT, w.tool) {
		return nil, false
	}
	file := w.args[len(w.args)-1]
	f, err := os.Open(file)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	v := new(vetCall)
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if dec.Decode(&v.cfg) != nil || v.cfg.FixArchive != "" || !w.changes(v.cfg.GoFiles) {
		return nil, false
	}
	if v.key, err = w.vetKey(v.cfg, filepath.Dir(file)); err != nil {
		return nil, false
	}
	return v, true
}

// storedVet is what an earlier vet of the same wrote.
func (w *wrapper) storedVet(v *vetCall) (*vetOutput, error) {
	b, err := w.store.Get(store.Vet, v.key)
	if err != nil {
		return nil, err
	}
	out := new(vetOutput)
	return out, json.Unmarshal(b, out)
}

// write puts the output where cmd/go looks for it.
func (o *vetOutput) write(v *vetCall) error {
	for file, content := range o.files(v) {
		if *content == nil {
			continue
		}
		if err := os.WriteFile(file, **content, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// files are the places of what a vet writes.
func (o *vetOutput) files(v *vetCall) map[string]**[]byte {
	files := map[string]**[]byte{}
	if v.cfg.VetxOutput != "" {
		files[v.cfg.VetxOutput] = &o.Facts
	}
	if v.cfg.Stdout != "" {
		files[v.cfg.Stdout] = &o.Stdout
	}
	return files
}

// readOutput reads what the tool wrote.
func (v *vetCall) readOutput() (*vetOutput, error) {
	o := new(vetOutput)
	for file, content := range o.files(v) {
		b, err := os.ReadFile(file)
		switch {
		case err == nil:
			*content = &b
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return o, nil
}

// rememberVet stores what the tool wrote. Directories are part of the key, so that it
// is of use to machines that have the checkout at the same path.
func (w *wrapper) rememberVet(v *vetCall) error {
	o, err := v.readOutput()
	if err != nil || o.Stdout != nil && len(*o.Stdout) > 0 {
		return err
	}
	b, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return w.put(store.Vet, v.key, b)
}

// verifyVet vets all the same and compares.
func (w *wrapper) verifyVet(v *vetCall, old *vetOutput) {
	code, printed, err := run(w.tool, w.args)
	fresh, readErr := v.readOutput()
	if err == nil && readErr == nil && code == 0 && len(printed) == 0 && fresh.equal(old) {
		return
	}
	fmt.Fprintf(os.Stderr, "gust verify: %s: vet exit %d, %v, %v, same output %v\n%s",
		v.cfg.ImportPath, code, err, readErr, readErr == nil && fresh.equal(old), printed)
	os.Exit(exitInternal)
}

func (o *vetOutput) equal(p *vetOutput) bool {
	same := func(a, b *[]byte) bool {
		return (a == nil) == (b == nil) && (a == nil || string(*a) == string(*b))
	}
	return same(o.Facts, p.Facts) && same(o.Stdout, p.Stdout)
}
