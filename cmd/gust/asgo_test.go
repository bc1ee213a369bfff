package main

import (
	"errors"
	"os/exec"

	"github.com/rogpeppe/go-internal/testscript"
)

// asgo is the script command "asgo args...". It runs gust and go with the same
// arguments; output and exit status must be the same bytes.
func asgo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: asgo args...")
	}
	run := func(program string) (stdout, stderr string, code int) {
		err := ts.Exec(program, args...)
		var exited *exec.ExitError
		switch {
		case errors.As(err, &exited):
			code = exited.ExitCode()
		case err != nil:
			ts.Fatalf("%s: %v", program, err)
		}
		return ts.ReadFile("stdout"), ts.ReadFile("stderr"), code
	}
	wantOut, wantErr, wantCode := run("go")
	out, stderr, code := run("gust")
	if out != wantOut || stderr != wantErr || code != wantCode {
		ts.Fatalf("gust differs from go: status %d, want %d; want stdout\n%s\nwant stderr\n%s", code, wantCode, wantOut, wantErr)
	}
}
