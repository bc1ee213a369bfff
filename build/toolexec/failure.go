package toolexec

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A failure is a compile that reported errors. Where gust has compiled without
// go, it leaves it to go to say what is wrong; go's compile of the same need
// not run again.
type failure struct {
	Code    int      `json:"code"`
	Printed string   `json:"printed"` // with neutral directories
	Imports []Import `json:"imports"`
	Entry   Entry    `json:"entry"`
}

func (w *wrapper) failureFile() string { return filepath.Join(w.Failures, w.key) }

// noteFailure keeps a failure for this session.
func (w *wrapper) noteFailure(f *failure) {
	if w.Failures == "" || len(f.Imports) != len(w.cfg.paths) {
		return
	}
	b, err := json.Marshal(f)
	if err == nil {
		err = os.MkdirAll(w.Failures, 0o777)
	}
	if err == nil {
		err = os.WriteFile(w.failureFile(), b, 0o666)
	}
	w.warn(err)
}

// failedBefore repeats what a compile of the same has said in this session.
func (w *wrapper) failedBefore() (code int, ok bool) {
	if w.Failures == "" {
		return 0, false
	}
	b, err := os.ReadFile(w.failureFile())
	if err != nil {
		return 0, false
	}
	f := new(failure)
	if json.Unmarshal(b, f) != nil || f.Code == 0 {
		return 0, false
	}
	now := w.readImports()
	if now.err != nil || !slices.EqualFunc(now.list, f.Imports, func(a, b Import) bool {
		return a.Path == b.Path && a.Export == b.Export
	}) {
		return 0, false
	}
	_, _ = os.Stdout.WriteString(w.c.actual(f.Printed))
	f.Entry.WallNS = time.Since(w.start).Nanoseconds()
	w.log(f.Entry)
	return f.Code, true
}
