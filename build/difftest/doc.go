// Package difftest holds gust's contract: after any sequence of edits,
// `gust build` leaves the bytes that `go build` makes in a clean cache, build
// IDs blanked.
//
// It has no code outside of its tests. They apply random edits (package edit)
// to small modules that are rich in what could go wrong, and after each edit
// build with both commands in the same directory. Go's cache is its own: only
// plain go ever writes to it, which makes it as good as a clean one and much
// faster. Compared are
//
//   - the linked binaries, and what they print;
//   - every package archive in gust's caches with the one that go stored under
//     the same action ID: gust lets cmd/go compute action IDs from the same
//     inputs as ever, so equal IDs must mean equal bytes;
//   - the output and exit code of builds that fail.
//
// A failure prints the seed, the step and the edit. To replay it:
//
//	go test ./build/difftest -run 'TestDifferential/chain' -difftest.seed=N
//
// To try a larger module, which takes minutes:
//
//	go test ./build/difftest -run TestModule -timeout 2h -v \
//		-difftest.module=DIR -difftest.pkg=./cmd/prog -difftest.steps=20
package difftest
