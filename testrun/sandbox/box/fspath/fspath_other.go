//go:build !linux

package fspath

import "path/filepath"

// Join makes one name of several.
func Join(elem ...string) string { return filepath.Join(elem...) }

// Dir is all but the last element.
func Dir(name string) string { return filepath.Dir(name) }

// Base is the last element.
func Base(name string) string { return filepath.Base(name) }
