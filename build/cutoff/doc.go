// Package cutoff decides when a changed package is still the same package to
// the compiles of its importers.
//
// cmd/go recompiles every direct importer of a package whose archive changed
// in any byte, although a compile reads nothing of an import but its export
// data (golang/go#15752). This package compares export data in two ways:
//
//   - byte for byte: equal bytes give an equal compile;
//   - position-free: equal but for lines and columns. The compile then gives
//     the same code, and what it copies from the import into its own export
//     data differs in positions only, which [Relink] brings up to date.
//
// Where the positions stand in the export data is not written there. A compile
// with -d=syncframes=0 makes the data self-describing: a marker precedes every
// primitive. [Strip] removes the markers again, which gives byte for byte the
// export data of a plain compile, and keeps what they told as a [Layout].
// Elements that a package copied from an import were written without markers;
// their layout is inherited from the import's, found by content.
//
// Formats: internal/pkgbits (encoder.go, decoder.go, sync.go, version.go) and
// cmd/compile/internal/noder (writer.go, linker.go, unified.go). They were the
// same, as far as used here, in go1.24 to go1.27. Anything unexpected is an
// error, upon which the caller compiles: this package never guesses.
package cutoff
