// Package box runs one test binary in a sandbox. cmd/go starts it in place of the
// binary (go test -exec); by way of package fastpath it answers before the rest
// of gust is initialised, so it imports of the standard library only what is
// initialised early: not net, net/netip and path/filepath.
//
//	go test ─▶ gust testexec …   forwards signals, delivers profiles, writes the report
//	           └▶ gust testinit  first process of new namespaces: mounts, loopback
//	              └▶ p.test      the test binary, same arguments, paths and ids
//
// The middle process is process 1 in there: when it ends, nothing that the test
// started is left. What the test writes into a [Tree] lands in a directory of
// its own; package sandbox reads it when go has ended.
//
// What goes wrong with the sandbox is never a failure of the test. Either the
// binary then runs as if there were no sandbox, and the report says so, or, if
// the spec is strict, it does not run, and the exit status is [ErrorCode].
package box
