package toolexec

import (
	"bytes"
	"fmt"
	"os"
	"time"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// syncFrames makes the compiler write self-describing export data.
const syncFrames = "-d=syncframes=0"

// fresh runs the compiler, passes on what it prints and remembers the result.
func (w *wrapper) fresh(rec *record, why []event.Reason) int {
	known := make(chan importState, 1)
	go func() { known <- w.readImports() }() // beside the compiler

	began := time.Now()
	code, printed, x, err := w.runCompiler(rec)
	if err != nil {
		fmt.Fprintf(os.Stderr, "gust toolexec: %v\n", err)
		return exitInternal
	}
	took := time.Since(began)
	entry := Entry{Tool: "compile", BuildPackage: event.BuildPackage{
		ImportPath: importPath(w.c.byName["p"]), Outcome: event.Compiled,
	}}
	state := <-known
	w.explain(&entry, why, state.list)
	if code == 0 {
		w.warn(state.err)
		if state.err == nil {
			w.warn(w.remember(rec, x, state, printed, took))
			w.describe(state.list)
		}
	} else {
		entry.Outcome = event.Failed
		w.noteFailure(&failure{Code: code, Printed: w.c.neutral(string(printed)), Imports: state.list, Entry: entry})
	}
	_, _ = os.Stdout.Write(printed)
	entry.Warning, entry.Stored = w.warning, w.shared
	entry.WallNS = time.Since(w.start).Nanoseconds()
	w.log(entry)
	return code
}

// result is the archive that the compiler left, in parts.
type result struct {
	archive *objfile.Archive
	iface   *cutoff.Interface // nil of a main package
}

// runCompiler compiles, with markers where the interface may be needed later,
// which are gone from the archive when it returns. A compiler that does not
// get along with them is run again without.
func (w *wrapper) runCompiler(rec *record) (code int, printed []byte, x *result, err error) {
	out := w.c.byName["o"]
	if w.wantsMarkers(rec) {
		code, printed, err = run(w.tool, w.argsWith(out, syncFrames))
		if err == nil && code == 0 {
			if x, err = w.strip(out); err == nil {
				return 0, printed, x, nil
			}
			w.warn(err)
		} else if err == nil && !bytes.Contains(printed, []byte("internal compiler error")) && !bytes.Contains(printed, []byte("desync")) {
			return code, printed, nil, nil // an ordinary compile error
		}
	}
	code, printed, err = run(w.tool, w.args)
	if err != nil || code != 0 {
		return code, printed, nil, err
	}
	x, err = w.unmarked(out)
	w.warn(err)
	return 0, printed, x, nil
}

// slowCompile is the compile time from which on it matters that markers keep
// the compiler from using several cores. After a change of an interface that
// many packages use, most of the time goes into packages above it, and each of
// them is unlikely to be the one that is edited next.
const slowCompile = 400 * time.Millisecond

// wantsMarkers reports whether to find out where this package's own positions
// are. Nobody imports a main package, and with a profile lines decide about
// code. Of a large package that is compiled for its imports' sake only, its own
// source being that of an earlier result, it can wait: what was copied from
// imports is known all the same, and only the next edit of the package itself
// will have all importers compiled.
func (w *wrapper) wantsMarkers(rec *record) bool {
	if w.c.byName["p"] == "main" || w.c.byName["pgoprofile"] != "" {
		return false
	}
	return len(rec.Variants) == 0 || rec.Variants[0].WallNS < slowCompile.Nanoseconds()
}

// unmarked reads the archive of a compile without markers.
func (w *wrapper) unmarked(out string) (*result, error) {
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	a, err := objfile.Parse(b)
	if err != nil {
		return nil, err
	}
	x := &result{archive: a}
	if w.c.byName["p"] == "main" {
		return x, nil
	}
	e, err := cutoff.ParseExport(a.Export)
	if err != nil {
		return nil, err
	}
	x.iface = &cutoff.Interface{Export: e, Layout: cutoff.NewLayout()}
	return x, nil
}

// strip takes the markers out of the archive that the compiler wrote.
func (w *wrapper) strip(out string) (*result, error) {
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, err
	}
	a, err := objfile.Parse(b)
	if err != nil {
		return nil, err
	}
	marked, err := cutoff.ParseExport(a.Export)
	if err != nil {
		return nil, err
	}
	plain, layout, err := cutoff.Strip(marked)
	if err != nil {
		return nil, err
	}
	a.Export = plain.Encode()
	if err := a.SetFingerprints(nil); err != nil {
		return nil, err
	}
	if w.Verify {
		if err := w.verify(a); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(exitInternal)
		}
	}
	return &result{a, &cutoff.Interface{Export: plain, Layout: layout}}, writeArchive(out, a)
}

// importState is what is remembered of the imports.
type importState struct {
	list      []Import
	inherited cutoff.Inherited
	err       error
}

// readImports runs beside the compiler; a panic in it is an error like others.
func (w *wrapper) readImports() (s importState) {
	defer func() {
		if p := recover(); p != nil {
			s.err = fmt.Errorf("panic: %v", p)
		}
	}()
	s.inherited = cutoff.Inherited{}
	for _, path := range w.cfg.paths {
		f, err := openImport(path, w.cfg.files[path])
		if err == nil {
			err = f.load()
		}
		if err != nil {
			s.err = err
			return s
		}
		s.list = append(s.list, Import{path, f.contentID, f.export})
	}
	w.wantInterfaces(s.list)
	for _, im := range s.list {
		if x, err := getInterface(w.store, im.Export); err == nil {
			s.inherited.Add(x.Layout)
		}
	}
	return s
}

// remember stores the result of a compile.
func (w *wrapper) remember(rec *record, x *result, s importState, printed []byte, took time.Duration) error {
	if x == nil {
		return nil
	}
	a := *x.archive
	v := &variant{Imports: s.list, Output: []byte(w.c.neutral(string(printed))), Export: store.Key(a.Export), WallNS: took.Nanoseconds()}
	if x.iface != nil {
		if err := x.iface.Layout.Complete(x.iface.Export, s.inherited); err != nil {
			return err
		}
		d, err := x.iface.PositionFree()
		if err != nil {
			return err
		}
		if err := w.putInterface(a.Export, &iface{Interface: *x.iface, digest: d}); err != nil {
			return err
		}
		v.Digest = digestText(d)
	}
	a.BuildID = ""
	var err error
	if v.Object, err = w.putObject(a.Parts()...); err != nil {
		return err
	}
	if hdr := w.c.byName["asmhdr"]; hdr != "" {
		b, err := os.ReadFile(hdr)
		if err != nil {
			return err
		}
		if v.AsmHdr, err = w.putObject(b); err != nil {
			return err
		}
	}
	return w.addVariant(rec, v)
}

func (w *wrapper) putObject(parts ...[]byte) (string, error) {
	key := store.Key(parts...)
	return key, w.put(store.Object, key, parts...)
}
