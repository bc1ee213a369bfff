package term

import (
	"os"

	"golang.org/x/sys/windows"
)

type mode = uint32

func foreground(*os.File) bool { return true }

// singleKeys switches line editing and echo off, and nothing else.
func singleKeys(f *os.File) (*mode, error) {
	console := windows.Handle(f.Fd())
	var old mode
	if err := windows.GetConsoleMode(console, &old); err != nil {
		return nil, err
	}
	return &old, windows.SetConsoleMode(console, old&^(windows.ENABLE_LINE_INPUT|windows.ENABLE_ECHO_INPUT))
}

func awaitKey(*os.File) bool { return true }

func restore(f *os.File, old *mode) {
	_ = windows.SetConsoleMode(windows.Handle(f.Fd()), *old)
}
