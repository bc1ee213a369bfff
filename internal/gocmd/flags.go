package gocmd

import (
	"maps"
	"slices"
	"strings"
)

// The tables below name go's flags and say which take a value, because a
// value in an argument of its own must never be mistaken for a package or
// for one of gust's flags. A test compares them with `go help build`,
// `go help test` and `go help testflag` of the installed go.

// arity says how a flag takes its value.
type arity int

const (
	// unknownFlag is not in the tables; like go, we assume that what follows
	// it is another argument.
	unknownFlag arity = iota
	// boolean flags take a value only behind an equals sign.
	boolean
	// valued flags take what is behind the equals sign, else the next argument.
	valued
	// optional flags of gust's own may have a value behind an equals sign.
	optional
)

// buildFlags are shared by build, install, run and test.
var buildFlags = map[string]arity{
	"C": valued, "a": boolean, "n": boolean, "p": valued, "race": boolean,
	"msan": boolean, "asan": boolean, "cover": boolean, "covermode": valued,
	"coverpkg": valued, "v": boolean, "work": boolean, "x": boolean,
	"asmflags": valued, "buildmode": valued, "buildvcs": boolean,
	"compiler": valued, "gccgoflags": valued, "gcflags": valued,
	"installsuffix": valued, "json": boolean, "ldflags": valued,
	"linkshared": boolean, "mod": valued, "modcacherw": boolean,
	"modfile": valued, "overlay": valued, "pgo": valued, "pkgdir": valued,
	"tags": valued, "trimpath": boolean, "toolexec": valued,
	// Undocumented, but people use them.
	"debug-actiongraph": valued, "debug-runtime-trace": valued, "debug-trace": valued,
}

// verbFlags are what single commands add to buildFlags.
var verbFlags = map[string]map[string]arity{
	"build":   {"o": valued},
	"install": {},
	"run":     {"exec": valued},
	"test":    {"o": valued, "c": boolean, "exec": valued},
	"vet":     {"c": valued, "diff": boolean, "fix": boolean, "vettool": valued},
}

// testFlags are recognised by go test, with or without a "test." prefix.
var testFlags = map[string]arity{
	"artifacts": boolean, "bench": valued, "benchmem": boolean,
	"benchtime": valued, "blockprofile": valued, "blockprofilerate": valued,
	"count": valued, "cover": boolean, "covermode": valued, "coverpkg": valued,
	"coverprofile": valued, "cpu": valued, "cpuprofile": valued,
	"failfast": boolean, "fullpath": boolean, "fuzz": valued,
	"fuzzminimizetime": valued, "fuzztime": valued, "json": boolean,
	"list": valued, "memprofile": valued, "memprofilerate": valued,
	"mutexprofile": valued, "mutexprofilefraction": valued,
	"outputdir": valued, "parallel": valued, "run": valued, "short": boolean,
	"shuffle": valued, "skip": valued, "timeout": valued, "trace": valued,
	"v": boolean, "vet": valued,
}

// ownFlags are gust's, written with two dashes only, of every go command that
// gust accelerates but vet, whose tool has flags of any name.
var ownFlags = map[string]arity{
	"lines":    valued,
	"no-reuse": boolean,
	"explain":  optional,
	"timings":  optional,
	"json":     boolean,
	"color":    valued,
	"help":     boolean,

	"remote-cache-mode": valued,
}

// ownVerbFlags are what single commands have besides.
var ownVerbFlags = map[string]map[string]arity{
	"build": {"watch": boolean, "matrix": optional},
	"run":   {"watch": boolean, "grace": valued},
	"vet":   {"remote-cache-mode": valued},
	"test": {
		"format": valued, "format-icons": valued, "format-hide-empty-pkg": boolean,
		"hide-summary": valued,
		"rerun-fails":  optional, "rerun-fails-max-failures": valued,
		"rerun-fails-report": valued, "rerun-fails-run-root-test": boolean,
		"rerun-fails-abort-on-data-race": boolean, "flaky": valued,
		"slow": valued, "test-timeout": valued, "stress": valued, "watch": boolean, "diagnose": optional,
		"junitfile": valued, "junitfile-name": valued, "junitfile-strict": boolean, "junitfile-system-out": boolean,
		"junitfile-hide-empty-pkg": boolean, "junitfile-hide-skipped-tests": boolean,
		"jsonfile": valued, "jsonfile-timing-events": valued, "slowest": optional,
		"post-run": valued, "cover-min": valued, "cover-diff": valued,
		"cover-html": valued, "cover-table": boolean,
		"affected": optional, "failed": boolean, "shard": valued,
		"sandbox": valued, "writes": valued, "record": optional, "leaks": valued, "goroutine-leaks": boolean, "require-isolation": valued,
		"limit": valued, "env": valued, "seed": valued, "clock-offset": valued,
		"shard-durations": valued, "filter": valued, "list-tests": boolean,
	},
}

// OwnFlags returns the names of gust's own flags of a go command that gust
// accelerates.
func OwnFlags(verb string) []string {
	names := slices.Collect(maps.Keys(ownVerbFlags[verb]))
	if verb != "vet" {
		names = slices.AppendSeq(names, maps.Keys(ownFlags))
	}
	return names
}

// GoFlags returns the names of the flags that go documents for one of the
// commands that gust accelerates, sorted.
func GoFlags(verb string) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(buildFlags)), maps.Keys(verbFlags[verb]))
	if verb == "test" {
		names = slices.AppendSeq(names, maps.Keys(testFlags))
	}
	names = slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, "debug-") })
	slices.Sort(names)
	return slices.Compact(names)
}

// WantsValue reports whether arg is a flag of go's or gust's whose value is the
// next argument, and what it is called.
func WantsValue(verb, arg string) (name string, ok bool) {
	if f, kind, own := cutOwn(verb, arg); own {
		return f.Name, kind == valued && !f.HasValue
	}
	name, _, hasValue, ok := cutFlag(arg)
	return canonical(verb, name), ok && !hasValue && goArity(verb, name) == valued
}

// ownArity looks a flag of gust's up for one verb.
func ownArity(verb, name string) arity {
	if k := ownVerbFlags[verb][name]; k != unknownFlag || verb == "vet" {
		return k
	}
	return ownFlags[name]
}

// goArity looks a flag of go up for one verb.
func goArity(verb, name string) arity {
	if k := verbFlags[verb][name]; k != unknownFlag {
		return k
	}
	if k := buildFlags[name]; k != unknownFlag {
		return k
	}
	if verb == "test" {
		return testFlags[strings.TrimPrefix(name, "test.")]
	}
	return unknownFlag
}

// canonical strips the "test." prefix that go test accepts before its flags.
func canonical(verb, name string) string {
	if short, ok := strings.CutPrefix(name, "test."); ok && verb == "test" && testFlags[short] != unknownFlag {
		return short
	}
	return name
}

// cutFlag takes an argument apart the way go's flag packages do: one or two
// dashes, a name, perhaps a value behind an equals sign. ok is false for
// anything else, such as "-", "--", "---x" or "-=x".
func cutFlag(arg string) (name, value string, hasValue, ok bool) {
	body, ok := strings.CutPrefix(arg, "-")
	if !ok {
		return "", "", false, false
	}
	body = strings.TrimPrefix(body, "-")
	if body == "" || body[0] == '-' || body[0] == '=' {
		return "", "", false, false
	}
	name, value, hasValue = strings.Cut(body, "=")
	return name, value, hasValue, true
}

// cutOwn takes one of gust's own flags apart.
func cutOwn(verb, arg string) (f Flag, kind arity, ok bool) {
	if !strings.HasPrefix(arg, "--") {
		return Flag{}, unknownFlag, false
	}
	name, value, hasValue, ok := cutFlag(arg)
	kind = ownArity(verb, name)
	if !ok || kind == unknownFlag {
		return Flag{}, unknownFlag, false
	}
	return Flag{Name: name, Value: value, HasValue: hasValue}, kind, true
}
