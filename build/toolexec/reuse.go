package toolexec

import (
	"errors"

	"github.com/gust-go/gust/build/cutoff"
	"github.com/gust-go/gust/build/objfile"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// stored reads the variant's archive and gives it this compile's build ID;
// cmd/go replaces the content half of that afterwards.
func (w *wrapper) stored(v *variant) (*objfile.Archive, []byte, error) {
	w.want(store.Object, v.Object, v.AsmHdr)
	b, err := w.store.Get(store.Object, v.Object)
	if err != nil {
		return nil, nil, err
	}
	a, err := objfile.Parse(b)
	if err != nil {
		return nil, nil, err
	}
	a.BuildID = w.c.byName["buildid"]
	var hdr []byte
	if w.c.byName["asmhdr"] != "" {
		if hdr, err = w.store.Get(store.Object, v.AsmHdr); err != nil {
			return nil, nil, err
		}
	}
	return a, hdr, nil
}

// reuse takes a variant as it is.
func (w *wrapper) reuse(m *match) (*hit, error) {
	a, hdr, err := w.stored(m.v)
	if err != nil {
		return nil, err
	}
	return &hit{match: m, archive: a, asmHdr: hdr, outcome: event.Reused}, nil
}

// relink brings a variant up to date with imports that differ in positions.
// stale says what keeps its object from being exact, if that is the reason why
// there is no hit.
func (w *wrapper) relink(m *match) (h *hit, stale string, err error) {
	a, hdr, err := w.stored(m.v)
	if err != nil {
		return nil, "", err
	}
	if !w.Relaxed {
		if stale, err = w.stale(a, m.changes); stale != "" || err != nil {
			return nil, stale, err
		}
	}
	q, err := w.ownInterface(m.v, a)
	if err != nil {
		return nil, "", err
	}
	to, err := cutoff.Relink(&q.Interface, m.changes)
	if err != nil {
		return nil, "", err
	}
	a.Export = to.Export.Encode()
	if err := a.SetFingerprints(m.fps); err != nil {
		return nil, "", err
	}
	h = &hit{match: m, archive: a, asmHdr: hdr, outcome: event.Relinked, export: a.Export}
	if m.v.Digest != "" {
		h.relinked, err = relinkedInterface(to, m.v.Digest)
	}
	return h, "", err
}

// stale says which function inlined into the object moved, if one did.
func (w *wrapper) stale(a *objfile.Archive, changes []cutoff.Change) (why string, err error) {
	moved, err := cutoff.FindMoved(changes)
	if err != nil {
		return "", err
	}
	object, err := a.Contents()
	if err != nil {
		return "", err
	}
	why, _ = moved.Stale(objfile.Escape(w.c.byName["p"]), object)
	return why, nil
}

// ownInterface is the interface of the stored archive itself. Of a package
// that nobody imports there is no layout, and none is needed.
func (w *wrapper) ownInterface(v *variant, a *objfile.Archive) (*iface, error) {
	if v.Digest != "" {
		w.want(store.Interface, v.Export)
		q, err := getInterface(w.store, v.Export)
		if err != nil {
			return nil, err
		}
		return q, q.parse()
	}
	e, err := cutoff.ParseExport(a.Export)
	if err != nil {
		return nil, err
	}
	return &iface{Interface: cutoff.Interface{Export: e, Layout: cutoff.NewLayout()}}, nil
}

var errDigest = errors.New("relinking changed more than positions")

// relinkedInterface completes the layout of a relinked interface and checks
// that nothing but positions changed.
func relinkedInterface(x *cutoff.Interface, want string) (*iface, error) {
	if err := x.Layout.Complete(x.Export, nil); err != nil {
		return nil, err
	}
	d, err := x.PositionFree()
	if err != nil {
		return nil, err
	}
	if digestText(d) != want {
		return nil, errDigest
	}
	return &iface{Interface: *x, digest: d}, nil
}
