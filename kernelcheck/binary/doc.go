// Package binary reads what an executable says about how it was built: the Go
// release and its experiments, the CPU level, the GODEBUG defaults, cgo, and
// the oldest kernel that its C library wants. It reads and never runs it, and
// takes stripped ones: build information survives stripping.
package binary
