// Package fspath is what package box needs of path/filepath.
//
// Packages are initialised one after the other, those that are ready by the order of
// their names, and path/filepath comes after most of what gust links in. A program
// that runs once per test binary does not wait for that, see package
// cmd/fastpath/boxed; so on Linux, where sandboxes are, names come from package path,
// which needs no initialisation.
package fspath
