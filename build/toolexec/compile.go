package toolexec

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// wrapper is one tool call.
type wrapper struct {
	*Session
	store *store.Store
	tool  string
	args  []string
	start time.Time

	c       *compileArgs
	cfg     *importcfg
	in      Inputs
	key     string
	sources [][]byte
	warning string
	shared  []Stored
}

// compile answers a call of the compiler.
func (w *wrapper) compile() int {
	if w.Inspect != nil && importPath("") == w.Inspect.ImportPath {
		return w.inspect()
	}
	if !w.understood() {
		w.log(Entry{Tool: "compile", Stored: w.describeForeign(), BuildPackage: event.BuildPackage{
			ImportPath: importPath(""), Outcome: event.Compiled, Root: true,
			Reasons: []event.Reason{{Kind: "first", Text: "left to go's own cache"}},
		}})
		return replace(w.tool, w.args)
	}
	if w.Steps {
		if s, ok := w.compileStep(); ok {
			w.log(Entry{Tool: "compile", Step: &s})
		}
	}
	rec, err := w.readRecord()
	if err != nil {
		return replace(w.tool, w.args)
	}
	var why []event.Reason
	if code, ok := w.failedBefore(); ok {
		return code
	}
	if !w.NoReuse {
		hit, reasons := w.lookup(rec)
		if hit != nil {
			if err := w.write(hit); err == nil {
				return 0
			}
		}
		why = reasons
	}
	return w.fresh(rec, why)
}

// understood reads the compile's inputs; false means to run the tool and
// forget about it.
func (w *wrapper) understood() bool {
	for _, name := range debugEnv {
		if os.Getenv(name) != "" {
			return false
		}
	}
	var ok bool
	if w.c, ok = parseCompile(w.args); !ok {
		return false
	}
	var err error
	if w.cfg, err = readImportcfg(w.c.byName["importcfg"]); err != nil {
		return false
	}
	if !w.local(w.c) && !w.importsLocal() {
		return false
	}
	if w.in, w.sources, err = readInputs(w.store, w.tool, w.c); err != nil {
		return false
	}
	w.key, err = w.in.key(w.cfg, w.c.trimmedDir())
	return err == nil
}

// importsLocal reports whether a package of the module cache imports, by way of
// others perhaps, one that may change: one whose interface was remembered.
func (w *wrapper) importsLocal() bool {
	if !w.Mixed || w.c.byName["std"] == "true" {
		return false
	}
	for _, path := range w.cfg.paths {
		if first, _, _ := strings.Cut(path, "/"); !strings.Contains(first, ".") {
			continue // the standard library's paths have no dot there
		}
		f, err := openImport(path, w.cfg.files[path])
		if err == nil && f.load() == nil && w.store.Has(store.Interface, f.export) {
			return true
		}
	}
	return false
}

// warn remembers what went wrong without harm, for the log; the first counts.
func (w *wrapper) warn(err error) {
	if err != nil && w.warning == "" {
		w.warning = err.Error()
	}
}

// hit is a stored result made to fit this compile.
type hit struct {
	match    *match
	archive  *objfile.Archive
	asmHdr   []byte
	outcome  string
	relinked *iface // the interface as relinked, to be stored
	export   []byte // its encoding
}

// write puts a stored result where the compiler would have.
func (w *wrapper) write(h *hit) error {
	if hdr := w.c.byName["asmhdr"]; hdr != "" {
		if err := os.WriteFile(hdr, h.asmHdr, 0o666); err != nil {
			return err
		}
	}
	if w.Verify && !w.Relaxed {
		if err := w.verify(h.archive); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitInternal)
		}
	}
	if err := writeArchive(w.c.byName["o"], h.archive); err != nil {
		return err
	}
	if h.relinked != nil {
		w.warn(w.putInterface(h.export, h.relinked))
	}
	if _, err := os.Stdout.WriteString(w.c.actual(string(h.match.v.Output))); err != nil {
		return err
	}
	wall := time.Since(w.start)
	w.log(Entry{Tool: "compile", Warning: w.warning, Stored: w.shared, BuildPackage: event.BuildPackage{
		ImportPath: importPath(w.c.byName["p"]),
		Outcome:    h.outcome,
		Reasons:    h.match.reasons(),
		WallNS:     wall.Nanoseconds(),
		SavedNS:    h.match.v.WallNS - wall.Nanoseconds(),
	}})
	return nil
}

// writeArchive writes an archive without putting it together first: some have
// more than a hundred megabytes.
func writeArchive(file string, a *objfile.Archive) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return err
	}
	for _, part := range a.Parts() {
		if err == nil {
			_, err = f.Write(part)
		}
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	return err
}

// verify compiles plainly and compares.
func (w *wrapper) verify(a *objfile.Archive) error {
	got := a.Bytes()
	out := filepath.Join(w.c.objDir, "gust-verify.a")
	defer os.Remove(out)
	code, printed, err := run(w.tool, w.argsWith(out))
	if err != nil || code != 0 {
		return fmt.Errorf("gust verify: %s: compiler exit %d, %v\n%s", w.c.byName["p"], code, err, printed)
	}
	want, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		keep := filepath.Join(filepath.Dir(w.Log), "verify-"+w.key[:12])
		_ = os.WriteFile(keep+".gust.a", got, 0o666)
		_ = os.WriteFile(keep+".go.a", want, 0o666)
		return fmt.Errorf("gust verify: %s: archive differs from the compiler's; kept as %s.*.a", w.c.byName["p"], keep)
	}
	return nil
}

// argsWith are the compiler's arguments with another output file and extra
// flags.
func (w *wrapper) argsWith(out string, extra ...string) []string {
	n := len(w.args) - len(w.c.sources)
	args := append([]string(nil), w.args[:n]...)
	args = append(args, extra...)
	args = append(args, "-o", out) // the last one counts
	return append(args, w.c.sources...)
}

// packageKey names the package in the store's last inputs, whatever it is
// compiled from: same import path, same directory, same platform.
func (w *wrapper) packageKey() string {
	dir := "$OBJ"
	for _, f := range w.in.Files {
		if filepath.IsAbs(f.Path) {
			dir = filepath.Dir(f.Path)
			break
		}
	}
	return store.Key([]byte("package 1\n"), []byte(importPath(w.c.byName["p"])), []byte("\n"), []byte(dir),
		[]byte("\n"), []byte(os.Getenv("GOOS")+"/"+os.Getenv("GOARCH")), []byte(strings.Join(variantFlags(w.in.Args), " ")))
}

// variantFlags are the flags that make another kind of build of the same
// package, which must not take turns with the plain one as "last".
func variantFlags(args []string) []string {
	var kept []string
	for _, a := range args {
		switch a {
		case "-race=true", "-msan=true", "-asan=true", "-shared=true", "-dynlink=true":
			kept = append(kept, a)
		}
	}
	return kept
}
