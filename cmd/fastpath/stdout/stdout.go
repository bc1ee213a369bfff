// Package stdout hides os.Stdout from other packages while they are
// initialised.
//
// Bubble Tea v1 asks the terminal for its background colour in an init function
// (tea_init.go), and so would every command of gust's: the terminal answers on
// stdin, what was typed before that is lost, and where nothing answers it takes
// five seconds (charmbracelet/bubbletea#1771). It asks by way of the os.Stdout
// that package termenv finds when it is initialised; of nil it finds out that it
// is no terminal.
//
// Like package handover, this one imports os and nothing else, so that it comes
// first.
package stdout

import "os"

var kept = os.Stdout

func init() { Hide() }

// Show brings os.Stdout back.
func Show() { os.Stdout = kept }
