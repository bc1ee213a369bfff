// Package astcache knows what the last good build of a target read and wrote,
// and tells, without go, whether another build would leave the same bytes.
//
//	args, directory, environment ─ Key ─▶ <cache>/current/KEY
//	                                        │ Load
//	        Snapshot ◀──────────────────────┘
//	           │ Check: stat everything, read only what differs
//	           ├─▶ current            Touch the output as go does; go is not started
//	           └─▶ why not, Changes ─▶ go build ─▶ Renew, or List + Collect ─▶ Save
//
// # What a snapshot holds
//
// Every directory of every package, every file that go reads in them, module
// files, the go env file, the toolchain, directories that go looks into for
// go.mod, go.work or a repository, and what was written. All have a digest of
// what stat says. Files in directories of the user's have more: a hash of the
// content and, for Go files, a [Summary]. So an edit that cannot matter is told
// from one that can:
//
//   - of a compiled file count the tokens, their lines, and directives in
//     comments; other comments and the place of a token in its line do not get
//     into a binary (they do with -cover, -asan and others: then bytes count);
//   - of a test file, or one that constraints leave out, counts the head, since
//     that is what go reads of it;
//   - of a directory count the names that go would look at;
//   - of everything else every byte counts.
//
// # Edits during a build
//
// What go read is known only if nothing has changed since before it started.
// With an earlier snapshot everything is compared with itself before and after
// the build, no clock involved. Without one there is nothing to compare with;
// then the times of all inputs must lie before the start of the build, and
// where they do not, or a clock cannot be trusted, the snapshot is saved as
// unproven: it says what to watch, and the next build proves it.
//
// # Racy entries
//
// Two writes within one tick of a file system's clock look the same to stat.
// As in git's index, an entry that changed less than a tick before it was
// looked at is marked racy, and its content is compared from then on.
//
// The package starts no process. What go list and git say, its caller brings.
package astcache
