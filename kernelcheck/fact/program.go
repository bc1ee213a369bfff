package fact

import "github.com/gust-go/gust/kernelcheck/experiment"

// A Program is a Go program, or the toolchain that would build one.
type Program struct {
	// Name is the file, or what stands for it.
	Name string `json:"name"`
	// Go is the release it is built with, such as go1.26.8, without suffixes;
	// "" is unknown.
	Go string `json:"go,omitempty"`
	// Version is the version as stamped.
	Version string `json:"version,omitempty"`
	// OS and Arch are what it runs on.
	OS   string `json:"os,omitempty"`
	Arch string `json:"arch,omitempty"`
	// Binary is true for a file that was read, false for a toolchain.
	Binary bool `json:"binary"`
	// Experiments differ from the release's defaults.
	Experiments []string `json:"experiments,omitempty"`
	// RawExperiment is the value of GOEXPERIMENT as it was set, "" if not stamped.
	RawExperiment string `json:"raw_experiment,omitempty"`
	// Level is the GOAMD64 or GOARM64 it needs, "" if unknown.
	Level string `json:"level,omitempty"`
	// Debug are the GODEBUG defaults in force (DefaultGODEBUG and, for a
	// toolchain, the go line of go.mod), by name.
	Debug map[string]string `json:"godebug,omitempty"`
	// DebugKnown is false where the defaults could not be told.
	DebugKnown bool `json:"godebug_known"`
	// Cgo says whether it uses cgo; Static whether it has no dynamic loader.
	Cgo    Verdict `json:"cgo,omitempty"`
	Static Verdict `json:"static,omitempty"`
	// ABINote is the oldest kernel that the C library in it wants.
	ABINote string `json:"abi_note,omitempty"`
	// Glibc is the newest glibc symbol version it asks for.
	Glibc string `json:"glibc,omitempty"`
	// Race is true for a program built with -race.
	Race bool `json:"race,omitempty"`
	// Modules are the paths of the modules in it.
	Modules map[string]string `json:"modules,omitempty"`
	// Uses are the packages and features known to be in it.
	Uses []string `json:"uses,omitempty"`
}

// SetVersion takes a Go version as stamped and splits off the experiments and
// a vendor's suffix.
func (p *Program) SetVersion(stamp string) {
	p.Version = stamp
	p.Go, p.Experiments = experiment.Stamp(stamp)
}
