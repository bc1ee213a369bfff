// Package build runs go build, install, run and test with reuse: it sets the
// stage for the wrapper in package toolexec, starts go, and reports what the
// wrapper did.
//
//	flags ─▶ Options ─▶ Run ─┬─ overlay.Sync   a GOCACHE of gust's own
//	                         ├─ go VERB -toolexec "gust toolexec" …
//	                         │     └▶ toolexec ⇄ store     one line a compile
//	                         └─ session log ─▶ event.Sink  with reasons
//
// cmd/go decides what is stale and in which order it is built. gust only
// answers, compile by compile, "that is what came out of it before". Whatever
// of this fails, plain go runs.
package build
