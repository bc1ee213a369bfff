// Package testrun runs go test and reads what it reports: [Run] starts go
// test -json through package build, so that only what an edit touched is
// compiled, and hands the events to a [View] and to any further handlers.
//
//	Options ─▶ Run ─ build.Run ─▶ go test -json ─┬─ stdout ─ guard ─▶ testjson ─▶ View, Handlers
//	             ▲                               └─ stderr ─ guard ─▶ testjson ─▶ View.Err
//	             └─ reruns of what failed, into the same testjson.Execution
//	Report ─ a recorded stream instead of go ─────▶ the same
//
// The events are those of package gotest.tools/gotestsum/testjson; an
// Execution gathers all runs. Passed cases are dropped from it as they come
// unless Options.Keep is set, so that a long run does not grow. Handlers get
// every event of every run (TestEvent.RunID counts reruns) and must not keep
// TestEvent.Bytes.
//
// What go test does without a stream of events (-c, -list, -bench, -fuzz, -n
// and the like) is left to go as it is; [Result].Plain then says so.
package testrun
