// Package boxed answers the commands that run once per test binary: gust testexec and
// the first process of its sandbox.
//
// Of the packages whose imports have been initialised, Go takes the one next that
// is first in the alphabet (see package handover). This one and package box import
// nothing that is initialised late, so that a test does not wait for what other
// commands link in; a test in cmd/gust holds them to that. What needs package net is
// left to package fastpath.
package boxed

import (
	"os"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

func init() {
	if len(os.Args) < 3 || os.Args[1] != box.Command && os.Args[1] != box.InitCommand || !box.Early() {
		return
	}
	if os.Args[1] == box.Command {
		os.Exit(box.Main(os.Args[2:], box.Network{}))
	}
	os.Exit(box.InitMain(box.Network{}))
}
