// Package fault defines the errors that a gust user can act on. An engine
// says what kind of trouble it met and which command may help; package cmd
// alone turns the kind into an exit code, see docs/exit-codes.md.
package fault

import "fmt"

// Kind classes a [UserError].
type Kind int

// The zero Kind is Internal, so that an error nobody classed counts as
// gust's own.
const (
	// Internal: gust itself failed.
	Internal Kind = iota
	// Usage: the command line or the environment asks for something that
	// does not exist.
	Usage
	// Capability: the host lacks something that the command needs.
	Capability
	// NotFound: what the user named matched nothing.
	NotFound
)

// A UserError is one the user can act on. The command prints Err, then Hint.
type UserError struct {
	Kind Kind
	Err  error
	// Hint is an imperative sentence or, better, a command to run.
	Hint string
}

// New makes a UserError whose message is formatted like [fmt.Errorf].
func New(kind Kind, hint, format string, args ...any) *UserError {
	return &UserError{Kind: kind, Err: fmt.Errorf(format, args...), Hint: hint}
}

// Error returns the message without the hint.
func (e *UserError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *UserError) Unwrap() error { return e.Err }
