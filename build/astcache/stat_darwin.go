package astcache

import "golang.org/x/sys/unix"

// openFlags open a directory in order to look at what is in it.
const openFlags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC
