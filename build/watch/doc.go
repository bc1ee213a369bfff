// Package watch builds again when something that the build depends on changes,
// and keeps the program of gust run --watch running.
//
//	         ┌────────────────────────────────────────────────┐
//	         ▼                                                │
//	Build ─▶ inputs (go list) ─▶ snapshot ─▶ wait ─ changed? ─┤
//	  │                                      │  ▲        no   │ yes
//	  └─▶ program: stop the old, start new   └──┘             └──▶
//
// # What is watched
//
// The directories of the local packages that the build consists of, found by
// go list with the flags of the build after each build, the files they embed,
// and the files that say which packages these are: go.mod, go.sum, go.work and
// those that flags name. With a pattern such as ./... every directory below it
// is, since a new one can become a package.
//
// # Changes
//
// Truth is in snapshots: the size and time stamp of every file that counts, and
// the content of those written within seconds. The system's notifications, or a
// clock where there are none, only say when to take one. So an editor's swap
// files, saving by renaming, notifications that were lost or came twice, and
// touched files all come out right. A change is complete when two snapshots a
// moment apart are the same, so a checkout of hundreds of files is one build.
//
// What changes while a build runs is noticed at its end by comparing with the
// snapshot from before it.
//
// # The program
//
// go run builds, as it would without --watch, but is given gust itself as -exec
// program, which hands the executable over instead of running it. The program
// runs in a process group of its own. It is replaced when a build succeeds and
// leaves another executable; while a build fails, it goes on.
package watch
