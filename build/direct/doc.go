// Package direct makes a program again without go, by repeating the compiles
// and the link that go had made for it, after edits that cannot change what
// these steps are.
//
//	earlier build by go:  wrappers write their steps down ─▶ Plan
//	after an edit:        Plan + edited files ─▶ compile each edited package
//	                                              │ same export data as before?
//	                                              ├ yes, or main ─▶ link ─▶ program
//	                                              └ no ─▶ ErrNotDirect: go builds
//
// What makes a plan hold is not decided here: the caller compares the machine
// with the snapshot of the build that the plan was written in (package
// astcache) and uses the plan only if nothing is different but the code of
// compiled Go files: not their directives, not their names, no setting, tool or
// module. This package then makes sure that
//
//   - every edited file belongs to one package that was compiled while the plan
//     was written, from the files that the snapshot lists for its directory;
//   - the package imports what it imported, so that neither the order of the
//     build nor the modules in it can be others;
//   - the export data of the package is the same, byte for byte: it is all that
//     its importers' compiles read, and holds the positions that get into them;
//   - the tools exit with 0 and print nothing.
//
// Otherwise go builds. It finds the compile in gust's store, so little is lost.
//
// The program has a build ID of its own that no go command would give it. So go
// never takes it for the result of a build of its own, such as that of the
// sources before the edit. Nothing gets into a cache of go's.
package direct
