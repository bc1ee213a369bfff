//go:build !unix

package doctor

// foreignOwner says no: owners are not a matter of numbers here.
func foreignOwner(string) (owner string, foreign bool) { return "", false }
