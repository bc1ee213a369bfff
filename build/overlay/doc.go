// Package overlay keeps a GOCACHE of gust's own in step with the user's.
//
// Data flows one way. Before a build, [Sync] brings into the overlay what the
// user's cache has gained, then go runs with GOCACHE set to the overlay. So
// everything plain go has compiled is there for gust, while what gust stores,
// reused results above all, never becomes visible to plain go:
//
//	user's GOCACHE ──Sync──▶ overlay ◀──▶ go build -toolexec=gust (GOCACHE=overlay)
//	      ▲
//	      └── plain go build
//
// The layout is that of cmd/go/internal/cache/cache.go: 256 sub-directories
// 00…ff with data files and directories "<output ID>-d" and action entries
// "<action ID>-a".
//
// # Data
//
// A data file is named by the SHA-256 of its content, and cmd/go never writes
// anything else into it (copyFile): it is hard-linked, or copied, with its
// hash checked, where links are impossible. So whatever a go command does to
// a shared inode is valid in both caches. A cached executable is a directory
// of that name holding one file; the directory is made anew and the file is
// linked.
//
// # Action entries
//
// An action entry is overwritten in place (putIndexEntry), so a shared inode
// would carry gust's answer into the user's cache: it is always copied. If
// both caches have an entry and the two differ, the one written later wins, by
// the time that stands in the entry itself (the file's mtime only says when it
// was last used). The user's later entry replaces gust's: it is what plain go
// found last, always a valid result, and whatever plain go compiled on top of
// it is in the user's cache as well. Gust's later entry stays: gust saw the
// user's entry and still had a reason to run the action again. An entry is not
// taken if its output has been trimmed away while ours still works. Either way
// the cache stays consistent, because the action ID of an importer contains
// the content of what it imports.
//
// An entry overwritten in place does not change the mtime of its directory. It
// is noticed when the directory is read the next time; until then gust has the
// older entry, which is as valid.
//
// # What has changed
//
// A small state file, 00/gust-overlay.state, holds the mtimes of the user's 256
// sub-directories as of the last sync. Only directories with another mtime are
// read. Two changes can fall into one tick of a file system's clock, so git's
// rule for racy entries applies: a directory that changed less than two seconds
// before a sync started is read by the next sync again. The state is written
// last, by rename: after a kill, the next sync reads everything that is not
// recorded as done and repairs it. It lies in 00 in order to vanish with the
// overlay's entries if someone runs go clean -cache on the overlay itself.
//
// # Clean start
//
// A user who ran go clean -cache wants a clean start, so the overlay is
// emptied as well. The directories alone do not tell: a build after the clean
// fills them again, often with the same names. Hence the state also keeps a
// witness for each directory, its newest action entry. The directory counts as
// cleaned if it is gone, if its witness is gone although too young to have
// been trimmed, or if the directory has changed and its witness was written
// anew. If most directories were cleaned, so was the cache. Restoring a cache
// from an archive or copying it, which changes mtimes and inodes but not what
// the entries say, is no clean.
//
// # Trimming
//
// Each cache is trimmed by the go commands that use it, once a day, of what
// was not used for five days by mtime (Trim). Linking does not touch mtimes.
// Data files share theirs: use by either side keeps the file in both, which
// costs nothing, as the other name would hold the blocks anyway. Action entries
// and executables' directories are copied with their mtime, so that the overlay
// neither outlives the user's cache nor dies before it; if the user's copy was
// used later than ours, ours inherits the time. Names that the user's cache has
// dropped are left to the overlay's own trimming.
//
// The overlay starts with the user's trim.txt, or the first go command would
// look at every file just linked. After that trim.txt is its own. When it
// changes, go has trimmed the overlay, perhaps of entries that plain go uses
// daily, so everything is compared again: once a day, and a fraction of a second.
//
// # Tests and fuzzing
//
// testexpire.txt, which go clean -testcache writes, is carried over whenever
// the user's time is the later one. The fuzz corpus is shared by a symbolic
// link; see [ShareFuzz].
//
// # Foreign files
//
// Whatever is not named like an entry, symbolic links, and what cannot be read
// are skipped, never followed and never deleted. Sync writes nothing below the
// user's cache except fuzz corpora.
package overlay
