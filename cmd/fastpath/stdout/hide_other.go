//go:build !unix

package stdout

// Hide does nothing where termenv does not ask either.
func Hide() {}
