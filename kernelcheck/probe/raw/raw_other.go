//go:build !linux

package raw

// experiments are Linux's only.
func experiments() []experiment { return nil }

// makePrivate is not called here.
func makePrivate() int { return 0 }
