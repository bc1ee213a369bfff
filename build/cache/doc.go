// Package cache looks after gust's cache folder as a whole: how large it is,
// what may go, whether what is in it is what it was.
//
//	build ─Use─▶ shared lock ─┐
//	                          ├─ <folder>/use.lock
//	Trim, Verify, Clean ──────┘  taken alone while overlays lose entries
//
// # Layout
//
//	store/<kind>/<2 hex>/<hex>        package store
//	go-build/<rule>-<16 hex>/…        package overlay, one for each GOCACHE
//	session/build-<n>/…               what one build writes while it runs
//	use.lock, size.txt, usage.jsonl   this package's
//
// Only what is named like this is counted as gust's, and only that is ever
// removed. Everything goes through an os.Root, so that a symbolic link planted
// in the folder leads nowhere; links are never followed.
//
// # Sizes
//
// An overlay consists of hard links to what the user's GOCACHE holds. Removing
// such a name frees nothing while another one is left. So sizes are counted by
// inode: a file counts as freeable if all its names are in gust's cache. The
// size limit is about what gust costs, which is what removing would free.
//
// # Who may remove what, when
//
// Entries of the store are read at once and whole; one that is gone is a miss.
// They may go at any time. cmd/go on the other hand looks an entry of its cache
// up, hands the file's name to the compiler and takes for granted that it stays.
// So every build holds a shared lock for as long as its go command runs, and
// entries of overlays are only removed by who has the lock alone. A build that
// finds the cache being trimmed waits, and in the end does without.
//
// A build whose gust was killed may live on: its go command knows nothing of
// the lock. Its session folder tells of it. While there is a young one, entries
// that such a go command can have looked up are kept; cmd/go marks what it
// uses at least once an hour.
package cache
