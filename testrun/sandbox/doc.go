// Package sandbox prepares the sandboxes that test binaries run in and reads what
// they leave behind. Package box, which go starts in place of each binary, runs
// them:
//
//	Open ─▶ Session ─ Flag, Variable ─▶ go test -exec 'gust testexec …' ─▶ box per binary
//	Session.Close ◀──────────────── reports, written files ◀──────────────┘
//
// What tests wrote to the checkout or to the home directory goes to a directory
// of gust's cache, see [Writes], before the boxes are removed. A run that is
// killed leaves its directory behind; the next one removes it, once no process
// of it is alive.
package sandbox
