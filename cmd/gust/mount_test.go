package main

import (
	"os"
	"os/exec"
	"runtime"
	"sync"
)

// canMount reports whether this process may mount in a namespace of its own,
// for scripts with a full or a read-only disk: root ignores permissions, so
// nothing else keeps it from writing.
var canMount = sync.OnceValue(func() bool {
	if runtime.GOOS != "linux" {
		return false
	}
	dir, err := os.MkdirTemp("", "gust-mount")
	if err != nil {
		return false
	}
	defer os.Remove(dir)
	return exec.Command("unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", dir).Run() == nil
})
