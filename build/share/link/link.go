// Package link is the way from the processes that go starts during a build to
// the gust above it, which alone talks to a remote cache: one connection to a
// socket that only its user can reach.
//
// go starts `gust cachepipe` as GOCACHEPROG, which hands its two pipes over and
// has nothing more to do: go then talks to gust itself. Compilers' wrappers ask
// for entries of gust's store, and those of linkers for programs.
//
// The package imports the standard library only and not package net, which takes
// its time to start: a wrapper runs for every compile.
package link

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

// Command is gust's command by which go calls [Main].
const Command = "cachepipe"

// The answers to a request for a program.
const (
	Found   = '+'
	Missing = '-'
)

// Want asks the gust that listens at socket for entries of its store, and
// returns when it has tried.
func Want(socket, kind string, keys ...string) {
	c, err := dial(socket)
	if err != nil {
		return
	}
	defer c.Close()
	if _, err := fmt.Fprintf(c, "want %s %s\n", kind, strings.Join(keys, " ")); err == nil {
		_, _ = bufio.NewReader(c).ReadString('\n')
	}
}

// Main is GOCACHEPROG. Where nobody listens any more it answers from the cache
// on this machine: a test that has started go may outlive the build.
func Main(args []string) int {
	if len(args) == 1 {
		if c, err := dial(args[0]); err == nil {
			err = handOver(c)
			_ = c.Close()
			if err == nil {
				return 0
			}
		}
	}
	if err := alone(os.Getenv("GOCACHE"), nil, false); err != nil {
		fmt.Fprintf(os.Stderr, "gust %s: %v\n", Command, err)
		return 1
	}
	return 0
}
