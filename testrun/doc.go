// Package testrun runs go test and reads what it reports: [Run] starts go
// test -json through package build, so that only what an edit touched is
// compiled, and hands the events to a [View] and to any further handlers.
//
//	Options ─▶ Run ─ build.Run ─▶ go test -json ─┬─ stdout ─ guard ─▶ digest ─▶ event.Sink
//	             ▲                               │             └─ feed ─▶ testjson ─▶ View, Handlers
//	             │                               └─ stderr ─ guard ─▶ View.Err
//	             └─ reruns of what failed, into the same digest and testjson.Execution
//	Report ─ a recorded stream instead of go ─────▶ the same
//
// The digest makes gust's events of go's. Package gotest.tools/gotestsum/testjson,
// which is slower, reads the stream as well where its Execution is needed:
// for gotestsum's formats, some reports, and reruns (Options.Execution). An
// Execution gathers all runs. Passed cases are dropped from it as they come
// unless Options.Keep is set, so that a long run does not grow. Handlers get
// every event of every run (TestEvent.RunID counts reruns) and must not keep
// TestEvent.Bytes.
//
// What go test does without a stream of events (-c, -list, -bench, -fuzz, -n
// and the like) is left to go as it is; [Result].Plain then says so.
package testrun
