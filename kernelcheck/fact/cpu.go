package fact

import "slices"

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
