// Package modgraph knows a project's dependency graph and answers questions
// about it.
//
// A [Load] asks go for the requirement graph of all versions (`go mod graph`)
// and reads the go.mod files of the module cache for what that does not say:
// which requirements are `// indirect`, and which replacements go ignores. The
// build list follows from both; in workspaces and wherever go.mod is not quite
// in order, `go list -m all` is asked for it at the same time. The result is a
// [Graph]: the modules of the build list, sorted, and between them the
// requirements that the selected versions make. Everything else works on
// that value and changes nothing:
//
//	Load ─▶ Graph ─┬▶ questions: Why, Cycles, Phantoms, Diff, Cut, Size …
//	               ├▶ NewView: focus, depth, collapse, reduction ─▶ render
//	               └▶ Check: the rules of gust.toml
//
// Invariant: nothing here writes go.mod, go.sum or anything else of the
// user's. go runs with -mod=readonly whatever GOFLAGS says.
package modgraph
