package experiment

import (
	"go/version"
	"strconv"
	"strings"
)

// release returns the x.y.z part of a Go version as a toolchain prints it,
// with its "go" prefix: "go1.26.8-X:simd" and "go1.26.8 (Debian 1)" are
// go1.26.8. Plain is false where something other than experiments followed,
// as in the versions of other vendors. A version that is none, such as that of
// a development tree, gives "".
func release(v string) (rel string, plain bool) {
	v, _ = FromVersion(v)
	rel, rest, _ := strings.Cut(strings.TrimSpace(v), " ")
	plain = rest == ""
	rel, vendor, _ := strings.Cut(rel, "-")
	plain = plain && vendor == ""
	if !version.IsValid(rel) {
		return "", false
	}
	return rel, plain
}

// Minor returns the y of a release go1.y.z; ok is false for anything else.
func Minor(rel string) (minor int, ok bool) {
	rest, found := strings.CutPrefix(version.Lang(rel), "go1.")
	if !found {
		return 0, false
	}
	n, err := strconv.Atoi(rest)
	return n, err == nil
}

// Stamp splits a version as a toolchain stamps it into a release such as
// go1.26.8, "" for a development tree, and the experiments that differ from its
// defaults.
func Stamp(v string) (rel string, experiments []string) {
	rel, _ = release(v)
	_, experiments = FromVersion(v)
	return rel, experiments
}

// ParseDebug reads a GODEBUG value; the last of several for a name counts.
func ParseDebug(value string) map[string]string {
	m := make(map[string]string)
	for kv := range strings.SplitSeq(value, ",") {
		if k, v, ok := strings.Cut(kv, "="); ok {
			m[k] = v
		}
	}
	return m
}
