package toolexec

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/build/share/link"
	"github.com/gust-go/gust/build/store"
)

// want asks for entries that the store lacks, which another machine may have.
func (w *wrapper) want(kind store.Kind, keys ...string) {
	if w.Share == "" {
		return
	}
	var missing []string
	for _, key := range keys {
		if key != "" && !w.store.Has(kind, key) {
			missing = append(missing, key)
		}
	}
	if len(missing) > 0 {
		link.Want(w.Share, string(kind), missing...)
	}
}

// wantInterfaces asks for the interfaces of those imports that can have been
// remembered.
func (w *wrapper) wantInterfaces(list []Import) {
	if w.Share == "" {
		return
	}
	var keys []string
	for _, im := range list {
		if w.remembered(im.Path) {
			keys = append(keys, im.Export)
		}
	}
	w.want(store.Interface, keys...)
}

// remembered reports whether compiles of the package with that path may be
// remembered: it is no use to ask a server for hundreds of others.
func (w *wrapper) remembered(path string) bool {
	if w.Module != "" {
		return path == w.Module || strings.HasPrefix(path, w.Module+"/")
	}
	if strings.HasPrefix(path, "vendor/") {
		return false
	}
	_, err := os.Stat(filepath.Join(w.GOROOT, "src", filepath.FromSlash(path)))
	return err != nil
}

// put stores an entry and notes that it can be shared.
func (w *wrapper) put(kind store.Kind, key string, body ...[]byte) error {
	err := w.store.Put(kind, key, body...)
	if err == nil && w.Share != "" {
		w.shared = append(w.shared, Stored{kind, key})
	}
	return err
}
