package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/term"
)

// Exit codes of gust's own; docs/exit-codes.md is their contract. The codes
// of a go command that ran are passed through.
const (
	exitOK          = 0
	exitUsage       = 2
	exitInternal    = 3
	exitCapability  = 4
	exitNotFound    = 5
	exitTimeout     = 124
	exitInterrupted = 130
)

// exitStatus is the section of that name in the help of the commands that
// run go.
const exitStatus = `EXIT STATUS
  The exit status is go's own if go ran: 0 for success, 1 for a failed build or
  test, 2 for flags that go refuses. Otherwise:

  2    gust's own flags are used wrongly
  3    gust itself failed
  4    the host lacks what is needed, such as a go command that is new enough,
       or a rule is violated, such as --cover-min
  5    --explain=PKG or --filter matches nothing
  124  a time limit passed
  130  interrupted`

// goStatus is the exit code of a go command that has said all there is to
// say.
type goStatus int

func (s goStatus) Error() string { return fmt.Sprintf("go exited with status %d", int(s)) }

// errDamaged is how gust cache verify ends if it found something; it has said
// what.
var errDamaged = goStatus(1)

// A verdict is the exit code of gust kernel, whose report has said all there
// is to say: its codes are those of a checker, 1 for findings and 2 for "could
// not tell".
type verdict int

const (
	verdictFindings  = 1
	verdictUndecided = 2
)

func (v verdict) Error() string { return fmt.Sprintf("the verdict is %d", int(v)) }

// goResult turns the exit code of a go command into an error.
func goResult(code int, err error) error {
	if err == nil && code != 0 {
		return goStatus(code)
	}
	return err
}

// exitCode maps an error to the exit code.
func exitCode(err error) int {
	var status goStatus
	var found verdict
	var steps *stepsFailed
	var user *fault.UserError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &found):
		return int(found)
	case errors.As(err, &status):
		return int(status)
	case errors.As(err, &steps):
		return steps.code
	case errors.As(err, &user):
		return kindCode(user.Kind)
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimeout
	}
	return exitInternal
}

func kindCode(kind fault.Kind) int {
	switch kind {
	case fault.Usage:
		return exitUsage
	case fault.Capability:
		return exitCapability
	case fault.NotFound:
		return exitNotFound
	}
	return exitInternal
}

// exit prints what a command ended with and returns the exit code.
func (a *app) exit(err error) int {
	var status goStatus
	var found verdict
	if err != nil && !errors.As(err, &status) && !errors.As(err, &found) {
		e := errorEvent(err)
		a.rec.Emit(e)
		// Nobody is left to tell if stderr is closed.
		_, _ = io.WriteString(a.term.Err,
			report.Note(a.term.Color(term.ColorAuto, a.term.ErrTTY), "", e.Text, e.Hint))
	}
	return exitCode(err)
}

// emitError writes the error a command ends with as an event, for who reads
// stdout and not stderr.
func (a *app) emitError(err error) {
	var status goStatus
	if err == nil || errors.As(err, &status) {
		return
	}
	if data, err := event.Marshal(errorEvent(err)); err == nil {
		_, _ = a.term.Out.Write(append(data, '\n'))
	}
}

// errorEvent describes the fatal error a command ends with.
func errorEvent(err error) event.Error {
	e := event.Error{Text: err.Error(), Code: exitCode(err)}
	if err == context.Canceled { // bare, it says nothing to the user
		e.Text = "interrupted"
	}
	var user *fault.UserError
	var steps *stepsFailed
	switch {
	case errors.As(err, &user):
		e.Hint = user.Hint
	case errors.As(err, &steps):
		e.Hint = steps.hint
	}
	return e
}
