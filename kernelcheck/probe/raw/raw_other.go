//go:build !linux

package raw

// experiments are Linux's only.
func experiments() []experiment { return nil }
