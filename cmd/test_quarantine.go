package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/testrun"
	"github.com/gust-go/gust/testrun/quarantine"
)

// list reads the quarantine list of the main module; file is its name.
func (r *testReports) list() (list quarantine.List, file string, err error) {
	if r.opts.Env == nil || r.opts.Env.GOMOD == "" || r.opts.Env.GOMOD == os.DevNull {
		return nil, "", nil
	}
	file = filepath.Join(filepath.Dir(r.opts.Env.GOMOD), quarantine.File)
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, file, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", file) // a pipe would have us wait
	}
	if err != nil {
		return nil, file, fmt.Errorf("read the quarantine list: %w", err)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, file, fmt.Errorf("read the quarantine list: %w", err)
	}
	defer f.Close()
	list, err = quarantine.Parse(f)
	if err != nil {
		return nil, file, fault.New(fault.Usage, "see docs/test-reports.md for the form of an entry", "%s: %w", file, err)
	}
	return list, file, nil
}

// checkQuarantine makes a run with a broken list fail before it begins. It
// reports whether there is a list to apply.
func (r *testReports) checkQuarantine() (bool, error) {
	list, _, err := r.list()
	return len(list) > 0, err
}

// quarantine shows the failures that the list covers and returns the exit
// code without them. Entries that have expired cover nothing, and are an
// error of their own where the run would else succeed.
func (r *testReports) quarantine(result testrun.Result, code int) (int, error) {
	list, file, err := r.list()
	if err != nil || len(list) == 0 || result.Execution == nil {
		return code, err
	}
	expired := list.Expired(r.app.clock.Now())
	verdict := without(list, expired).Excuse(result.Execution)
	var b strings.Builder
	for _, f := range verdict.Failures {
		fmt.Fprintf(&b, "quarantined: %s (until %s)\n",
			printable(f.Package+" "+f.Test+": "+f.Entry.Reason), f.Entry.Expires.Format(time.DateOnly))
	}
	for _, e := range expired {
		fmt.Fprintf(&b, "quarantine expired: %s:%d: %s\n", file, e.Line, printable(e.Package+" "+e.Test+": "+e.Reason))
	}
	// Nobody is left to tell if stderr is closed.
	_, _ = io.WriteString(r.app.term.Err, b.String())
	if code == 1 && len(verdict.Failed) == 0 && len(verdict.Excused) > 0 && len(result.Execution.Errors()) == 0 && result.Aborted == nil {
		code = 0
	}
	if code == 0 && len(expired) > 0 {
		return code, fault.New(fault.Capability, "look at the tests again, then change or remove the entries",
			"%s has %d expired %s", file, len(expired), entries(len(expired)))
	}
	return code, nil
}

func entries(n int) string {
	if n == 1 {
		return "entry"
	}
	return "entries"
}

func without(list, drop quarantine.List) quarantine.List {
	var kept quarantine.List
	for _, e := range list {
		gone := false
		for _, d := range drop {
			gone = gone || d.Line == e.Line
		}
		if !gone {
			kept = append(kept, e)
		}
	}
	return kept
}
