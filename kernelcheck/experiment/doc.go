// Package experiment knows GOEXPERIMENT: which names each Go release has, what
// is on by default, where a value comes from and which toolchain will read it.
//
// It never runs go. An unknown name makes every go command die, go version and
// go env included, so a check that asked go would die with it. Instead
// [Resolve] reads what go reads (environment, the file of go env -w, go.env in
// GOROOT, go.work or go.mod, the go binary's own stamp) in go's order, and
// [Lint] holds the value against the table of the release that finally runs.
// A release that the table does not have is asked through its own sources in
// GOROOT, see [ReadSources]; if there are none the answer is "could not tell".
package experiment
