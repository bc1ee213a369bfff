// Package kernelcheck says what a host's kernel and Go toolchain can do, and
// what a Go program needs of them.
package kernelcheck
