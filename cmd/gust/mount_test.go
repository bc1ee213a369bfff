package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// canMount reports whether this process may mount, for scripts with a full or
// a read-only disk.
var canMount = sync.OnceValue(func() bool {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		return false
	}
	dir, err := os.MkdirTemp("", "gust-mount")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	probe := filepath.Join(dir, "probe")
	if os.Mkdir(probe, 0o777) != nil {
		return false
	}
	defer os.Remove(probe)
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", probe).Run() != nil {
		return false
	}
	return exec.Command("umount", probe).Run() == nil
})
