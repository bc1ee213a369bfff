package experiment

import "slices"

// First and Last are the minor versions of Go that the table describes.
const (
	First = 20
	Last  = 27
)

// An Experiment is one name in GOEXPERIMENT.
type Experiment struct {
	Name string
	// Since and Until are the first and the last minor version of Go 1 that
	// know the name.
	Since, Until int
	// On says where it is on by default; nothing means nowhere.
	On []Default
	// Meaning says what it does, Danger what is bad about leaving it set.
	Meaning, Danger string
}

// A Default is a range of releases and ports where an experiment is on unless
// it is switched off.
type Default struct {
	Since, Until int
	Arch         []string // nil means all
	NotOS        []string
}

// registerABI are the ports with Go's register-based calling convention.
func registerABI() []Default {
	return []Default{
		{Since: First, Until: Last, Arch: []string{"amd64", "arm64", "ppc64", "ppc64le", "riscv64"}},
		{Since: 22, Until: Last, Arch: []string{"loong64"}},
		{Since: 26, Until: Last, Arch: []string{"s390x"}},
	}
}

// Table returns every experiment of the releases from First to Last, by name.
// It is held to src/internal/goexperiment/flags.go and
// src/internal/buildcfg/exp.go of those releases by a test.
func Table() []Experiment {
	all := append(current(), gone()...)
	slices.SortFunc(all, func(a, b Experiment) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}

// current are the experiments of the last release in the table.
func current() []Experiment {
	return []Experiment{
		{Name: "fieldtrack", Since: First, Until: Last,
			Meaning: "the linker lists which struct fields marked go:\"track\" a program reaches; nothing happens at run time",
			Danger:  "also allows //go:nointerface"},
		{Name: "preemptibleloops", Since: First, Until: Last,
			Meaning: "the compiler adds rescheduling checks to loops", Danger: "slow"},
		{Name: "staticlockranking", Since: First, Until: Last,
			Meaning: "the runtime checks the order in which it takes its locks", Danger: "slow; for work on the runtime"},
		{Name: "boringcrypto", Since: First, Until: Last,
			Meaning: "crypto through BoringSSL",
			Danger:  "works on linux/amd64 and linux/arm64 with cgo only, and does nothing elsewhere without saying so"},
		{Name: "regabiwrappers", Since: First, Until: Last, On: registerABI(),
			Meaning: "wrappers between the register-based and the stack-based calling convention"},
		{Name: "regabiargs", Since: First, Until: Last, On: registerABI(),
			Meaning: "arguments in registers"},
		{Name: "heapminimum512kib", Since: First, Until: Last,
			Meaning: "the heap may shrink to 512 KiB", Danger: "more garbage collections"},
		{Name: "arenas", Since: First, Until: Last,
			Meaning: "package arena", Danger: "frees that are not checked; the API may change or go"},
		{Name: "cgocheck2", Since: 21, Until: Last,
			Meaning: "checks every write of a pointer for cgo's rules", Danger: "costly"},
		{Name: "loopvar", Since: 21, Until: Last,
			Meaning: "loop variables of one iteration, as go 1.22 in go.mod has them",
			Danger:  "use go 1.22 or later in go.mod instead"},
		{Name: "newinliner", Since: 22, Until: Last,
			Meaning: "other heuristics for inlining", Danger: "experimental"},
		{Name: "dwarf5", Since: 25, Until: Last, On: []Default{{Since: 25, Until: Last, NotOS: []string{"darwin", "ios", "aix"}}},
			Meaning: "debug information in DWARF 5", Danger: "old debuggers cannot read it"},
		{Name: "jsonv2", Since: 25, Until: Last, On: []Default{{Since: 27, Until: Last}},
			Meaning: "encoding/json/v2, and encoding/json on top of it", Danger: "API and behaviour differ between releases"},
		{Name: "greenteagc", Since: 25, Until: Last, On: []Default{{Since: 26, Until: Last}},
			Meaning: "a garbage collector that scans spans", Danger: "see rule AVX512-GC"},
		{Name: "randomizedheapbase64", Since: 26, Until: Last, On: []Default{{Since: 26, Until: Last}},
			Meaning: "a random heap address on 64-bit ports; no effect with -race, -msan and -asan"},
		{Name: "runtimefreegc", Since: 26, Until: Last,
			Meaning: "the compiler frees some memory itself", Danger: "experimental"},
		{Name: "sizespecializedmalloc", Since: 26, Until: Last, On: []Default{{Since: 27, Until: Last}},
			Meaning: "allocation functions for single sizes"},
		{Name: "simd", Since: 26, Until: Last,
			Meaning: "vector intrinsics for amd64", Danger: "whether the CPU has an instruction is the program's to check"},
		{Name: "runtimesecret", Since: 26, Until: Last,
			Meaning: "package runtime/secret", Danger: "does nothing but on linux/amd64 and linux/arm64"},
		{Name: "mapsplitgroup", Since: 27, Until: Last,
			Meaning: "another layout of map groups", Danger: "experimental"},
	}
}

// gone are the experiments that the last release in the table does not know.
func gone() []Experiment {
	return []Experiment{
		{Name: "unified", Since: First, Until: 20, On: []Default{{Since: First, Until: 20}},
			Meaning: "the compiler's unified intermediate form; now the only one"},
		{Name: "coverageredesign", Since: First, Until: 24, On: []Default{{Since: First, Until: 24}},
			Meaning: "coverage of whole programs; now the only kind"},
		{Name: "pagetrace", Since: First, Until: 22,
			Meaning: "a trace of the heap's pages, written to a file", Danger: "a setuid program would write any file"},
		{Name: "cacheprog", Since: 21, Until: 25,
			Meaning: "a build cache behind a program; GOCACHEPROG works without it since Go 1.24"},
		{Name: "range", Since: 22, Until: 22, Meaning: "range over functions; part of the language since Go 1.23"},
		{Name: "rangefunc", Since: 22, Until: 25, Meaning: "range over functions; part of the language since Go 1.23"},
		{Name: "allocheaders", Since: 22, Until: 22, On: []Default{{Since: 22, Until: 22}},
			Meaning: "pointer bitmaps in objects; always so since Go 1.23"},
		{Name: "exectracer2", Since: 22, Until: 22, On: []Default{{Since: 22, Until: 22}},
			Meaning: "the second execution tracer; the only one since Go 1.23"},
		{Name: "aliastypeparams", Since: 23, Until: 25, On: []Default{{Since: 24, Until: 25}},
			Meaning: "type parameters of aliases; part of the language since Go 1.24"},
		{Name: "swissmap", Since: 24, Until: 25, On: []Default{{Since: 24, Until: 25}},
			Meaning: "maps as Swiss tables; the only kind since Go 1.26"},
		{Name: "synchashtriemap", Since: 24, Until: 25, On: []Default{{Since: 24, Until: 25}},
			Meaning: "sync.Map as a hash trie; the only kind since Go 1.26"},
		{Name: "spinbitmutex", Since: 24, Until: 24,
			On:      []Default{{Since: 24, Until: 24, Arch: []string{"386", "amd64", "arm", "arm64", "ppc64", "ppc64le"}}},
			Meaning: "the runtime's faster locks; always so since Go 1.25"},
		{Name: "synctest", Since: 24, Until: 25,
			Meaning: "package testing/synctest, there without it since Go 1.25", Danger: "its API of Go 1.24 has changed"},
		{Name: "goroutineleakprofile", Since: 26, Until: 26,
			Meaning: "a profile of leaked goroutines"},
	}
}

// Names returns what a release knows, sorted; ok is false if the table does
// not have it.
func Names(minor int) (names []string, ok bool) {
	if minor < First || minor > Last {
		return nil, false
	}
	for _, e := range Table() {
		if e.In(minor) {
			names = append(names, e.Name)
		}
	}
	return names, true
}

// In reports whether a release knows the experiment.
func (e Experiment) In(minor int) bool { return e.Since <= minor && minor <= e.Until }

// OnByDefault reports whether a release has the experiment on for a port.
func (e Experiment) OnByDefault(minor int, goos, goarch string) bool {
	return e.In(minor) && slices.ContainsFunc(e.On, func(d Default) bool {
		return d.Since <= minor && minor <= d.Until &&
			(d.Arch == nil || slices.Contains(d.Arch, goarch)) && !slices.Contains(d.NotOS, goos)
	})
}

// Lookup finds an experiment by name.
func Lookup(name string) (Experiment, bool) {
	all := Table()
	i := slices.IndexFunc(all, func(e Experiment) bool { return e.Name == name })
	if i < 0 {
		return Experiment{}, false
	}
	return all[i], true
}
