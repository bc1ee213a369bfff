package toolexec

import (
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// explain fills in why this compile was not reused, compared with the last
// time this package was compiled, and remembers this time as the last.
func (w *wrapper) explain(e *Entry, why []event.Reason, list []Import) {
	key := w.packageKey()
	var last Inputs
	b, err := w.store.Get(store.Last, key)
	if err != nil || json.Unmarshal(b, &last) != nil {
		e.Reasons = []event.Reason{{Kind: "first", Text: "not compiled by gust before"}}
	} else {
		w.compare(e, last)
		e.Reasons = append(e.Reasons, why...)
		if len(e.Reasons) == 0 {
			e.Reasons = w.importReasons(last, list)
		}
		if len(e.Reasons) == 0 {
			e.Reasons = []event.Reason{{Kind: "other", Text: w.nothingChanged()}}
		}
	}
	for _, r := range e.Reasons {
		e.Root = e.Root || r.Kind != "import"
	}
	w.storeSources()
	w.in.Imports = list
	if b, err := json.Marshal(w.in); err == nil {
		w.warn(w.store.Put(store.Last, key, b))
	}
}

// nothingChanged says why a package was compiled again all the same.
func (w *wrapper) nothingChanged() string {
	if w.NoReuse {
		return "reuse is off"
	}
	return "no stored result"
}

// compare notes what differs in the inputs other than imports.
func (w *wrapper) compare(e *Entry, last Inputs) {
	add := func(kind, subject, text string) {
		e.Reasons = append(e.Reasons, event.Reason{Kind: kind, Subject: subject, Text: text})
	}
	if last.Tool != w.in.Tool {
		add("tool", strings.TrimSpace(w.in.Tool), "was "+strings.TrimSpace(last.Tool))
	}
	diff(last.Args, w.in.Args, func(s, text string) { add("flags", s, text) })
	diff(last.Env, w.in.Env, func(s, text string) { add("env", s, text) })
	was := map[string]string{}
	for _, f := range last.Files {
		was[f.Path] = f.Hash
	}
	for _, f := range w.in.Files {
		old, had := was[f.Path]
		delete(was, f.Path)
		if old == f.Hash {
			continue
		}
		text := "changed"
		if !had {
			text = "added"
		}
		w.addFile(e, f.Path, text, old, f.Hash)
	}
	for _, f := range last.Files {
		if hash, gone := was[f.Path]; gone {
			w.addFile(e, f.Path, "removed", hash, "")
		}
	}
}

func (w *wrapper) addFile(e *Entry, path, text, old, cur string) {
	kind := "file"
	if name, ok := strings.CutPrefix(path, "embed "); ok {
		kind, path = "embed", name
	} else if strings.HasPrefix(path, "-") { // the file behind a flag
		kind = "flags"
	}
	e.Reasons = append(e.Reasons, event.Reason{Kind: kind, Subject: path, Text: text})
	if kind == "file" && filepath.IsAbs(path) {
		e.Sources = append(e.Sources, SourceChange{Path: path, Old: old, New: cur})
	}
}

// diff reports what is only in old or only in cur.
func diff(old, cur []string, report func(s, text string)) {
	had := map[string]bool{}
	for _, s := range old {
		had[s] = true
	}
	for _, s := range cur {
		if !had[s] {
			report(s, "added")
		}
		delete(had, s)
	}
	for _, s := range old {
		if had[s] {
			report(s, "removed")
		}
	}
}

// importReasons compares the imports with last time's, for packages of whose
// results none is stored.
func (w *wrapper) importReasons(last Inputs, list []Import) []event.Reason {
	was := map[string]Import{}
	for _, i := range last.Imports {
		was[i.Path] = i
	}
	var rs []event.Reason
	for _, i := range list {
		old, had := was[i.Path]
		delete(was, i.Path)
		switch {
		case !had:
			rs = append(rs, event.Reason{Kind: "import", Subject: i.Path, Text: "added"})
		case old.Export != i.Export:
			rs = append(rs, event.Reason{Kind: "import", Subject: i.Path, Text: "interface changed"})
		}
	}
	for _, i := range last.Imports {
		if _, gone := was[i.Path]; gone {
			rs = append(rs, event.Reason{Kind: "import", Subject: i.Path, Text: "removed"})
		}
	}
	return rs
}

// storeSources keeps the sources, for telling the changed declarations later.
func (w *wrapper) storeSources() {
	n := len(w.in.Files) - len(w.sources) // sources come last
	for i, b := range w.sources {
		f := w.in.Files[n+i]
		if filepath.IsAbs(f.Path) && !w.store.Has(store.Source, f.Hash) {
			w.warn(w.store.Put(store.Source, f.Hash, b))
		}
	}
}
