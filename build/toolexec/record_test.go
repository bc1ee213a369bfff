package toolexec

import (
	"testing"
	"time"

	"github.com/gust-go/gust/build/store"
)

// TestRecordNotUnderstood has a record with the right checksum that is no
// record, as another version of gust might leave one: it must not keep the
// package from being remembered ever again.
func TestRecordNotUnderstood(t *testing.T) {
	w := &wrapper{
		Session: &Session{},
		store:   &store.Store{Dir: t.TempDir(), Now: time.Now},
		key:     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	}
	if err := w.store.Put(store.Compile, w.key, []byte("[not a record]")); err != nil {
		t.Fatal(err)
	}
	rec, err := w.readRecord()
	if err != nil || len(rec.Variants) != 0 {
		t.Fatalf("readRecord = %v, %v, want an empty record", rec, err)
	}
	if w.warning == "" {
		t.Error("the record was dropped in silence")
	}
	if err := w.addVariant(rec, &variant{Object: "o"}); err != nil {
		t.Fatal(err)
	}
	if rec, err = w.readRecord(); err != nil || len(rec.Variants) != 1 {
		t.Fatalf("after addVariant: readRecord = %v, %v, want one variant", rec, err)
	}
}
