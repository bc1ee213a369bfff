package astcache

import "golang.org/x/sys/unix"

// openFlags open a directory in order to look at what is in it, which needs no
// permission to read it.
const openFlags = unix.O_PATH | unix.O_DIRECTORY | unix.O_CLOEXEC
