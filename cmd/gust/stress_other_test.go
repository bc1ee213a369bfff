//go:build !unix

package main

import "github.com/rogpeppe/go-internal/testscript"

func stress(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("stress needs process groups")
}
