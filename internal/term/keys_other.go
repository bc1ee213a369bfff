//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package term

import "os"

type mode struct{}

func foreground(*os.File) bool { return false }

func singleKeys(*os.File) (*mode, error) { return nil, ErrNoKeys }

func awaitKey(*os.File) bool { return false }

func restore(*os.File, *mode) {}
