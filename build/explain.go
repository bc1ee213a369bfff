package build

import (
	"strings"

	"github.com/gust-go/gust/build/decls"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/toolexec"
)

// explain replaces "changed" by what changed, down to the declaration, for
// files and, in packages built earlier in this run, for imports.
func (f *follower) explain(e *toolexec.Entry) {
	for _, src := range e.Sources {
		text, changes := f.compare(src)
		f.changed[e.ImportPath] = append(f.changed[e.ImportPath], changes...)
		for i, reason := range e.Reasons {
			if reason.Kind == "file" && reason.Subject == src.Path && text != "" {
				e.Reasons[i].Text = text
			}
		}
	}
	for i, reason := range e.Reasons {
		if reason.Kind == "import" && reason.Text == "interface changed" {
			if what := f.changed[reason.Subject]; len(what) > 0 {
				e.Reasons[i].Text = strings.Join(what, "; ")
			}
		}
	}
}

// compare compares the two versions of a changed file; text is empty if it
// cannot tell.
func (f *follower) compare(src toolexec.SourceChange) (text string, changes []string) {
	if src.Old == "" || src.New == "" {
		return "", nil
	}
	old, err := f.r.session.store.Get(store.Source, src.Old)
	if err != nil {
		return "", nil
	}
	cur, err := f.r.session.store.Get(store.Source, src.New)
	if err != nil {
		return "", nil
	}
	d, err := decls.Compare(old, cur)
	if err != nil {
		return "", nil
	}
	for _, c := range d.Changes {
		changes = append(changes, c.Decl+": "+c.What)
	}
	return d.Text(), changes
}
