//go:build unix

package stdout

import "os"

// Hide hides os.Stdout until Show.
func Hide() { os.Stdout = nil }
