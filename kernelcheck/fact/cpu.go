package fact

import (
	"slices"
	"strconv"
	"strings"
)

// amd64Levels are the flags of /proc/cpuinfo that each GOAMD64 level adds, as
// go.dev/wiki/MinimumRequirements has them.
func amd64Levels() [][]string {
	return [][]string{
		{"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"},
		{"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
		{"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
	}
}

// LevelOf works out the GOAMD64 level of a CPU from its flags, "" where they
// do not say. GOARM64 levels are not told by flags with certainty beyond v8.1.
func LevelOf(arch string, flags []string) string {
	if flags == nil {
		return ""
	}
	switch arch {
	case "amd64":
		level := "v1"
		for i, wanted := range amd64Levels() {
			for _, f := range wanted {
				if !slices.Contains(flags, f) {
					return level
				}
			}
			level = []string{"v2", "v3", "v4"}[i]
		}
		return level
	case "arm64":
		if slices.Contains(flags, "atomics") && slices.Contains(flags, "asimdrdm") {
			return "v8.1"
		}
		return "v8.0"
	}
	return ""
}

// FlagsAtLeast returns the flags that a CPU of a GOAMD64 level has for certain.
func FlagsAtLeast(level string) []string {
	var flags []string
	for i, l := range []string{"v2", "v3", "v4"} {
		if level >= l {
			flags = append(flags, amd64Levels()[i]...)
		}
	}
	return flags
}

// Covers reports whether a CPU of one level runs what was built for another: a
// GOAMD64, or a GOARM64 such as v8.0,lse. known is false where the levels do not
// say. v9.N has all that v8.(N+5) has (internal/buildcfg, goarm64Features).
func Covers(cpu, program string) (covers, known bool) {
	have, ok1 := levelRank(cpu)
	base, features, _ := strings.Cut(program, ",")
	want, ok2 := levelRank(base)
	switch {
	case !ok1 || !ok2 || (have < armRank) != (want < armRank):
		return false, false
	case have < armRank:
		return have >= want, true
	case want >= armRank+90 && have < armRank+90: // v9 has more than any v8 must have
		return false, true
	case have >= armRank+90 && want < armRank+90:
		have = have - 90 + 5
	}
	switch {
	case have < want:
		return false, true
	case strings.Contains(features, "crypto"): // no level has it for certain
		return false, false
	}
	// v8.1 and up have lse.
	return !strings.Contains(features, "lse") || have > armRank, true
}

const armRank = 100

// levelRank orders levels of one architecture: v1 to v4, then v8.0 to v8.9 and
// v9.0 to v9.5.
func levelRank(level string) (rank int, ok bool) {
	major, minor, dotted := strings.Cut(strings.TrimPrefix(level, "v"), ".")
	a, err := strconv.Atoi(major)
	if err != nil || !strings.HasPrefix(level, "v") {
		return 0, false
	}
	if !dotted {
		return a, a >= 1 && a <= 4
	}
	b, err := strconv.Atoi(minor)
	if err != nil || b < 0 || b > 9 || a != 8 && a != 9 {
		return 0, false
	}
	return armRank + (a-8)*90 + b, true
}
