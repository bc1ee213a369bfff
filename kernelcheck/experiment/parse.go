package experiment

import "strings"

// A Setting is one element of a GOEXPERIMENT value.
type Setting struct {
	// Text is the element as written, Name what is left of it without the
	// prefix "no", which switches off.
	Text, Name string
	Off        bool
}

// Parse splits a value as buildcfg.ParseGOEXPERIMENT does. "none", which
// switches everything off, is a setting of that name.
func Parse(value string) []Setting {
	var list []Setting
	for f := range strings.SplitSeq(value, ",") {
		switch {
		case f == "":
		case f == "none":
			list = append(list, Setting{Text: f, Name: f})
		case strings.HasPrefix(f, "no"):
			list = append(list, Setting{Text: f, Name: f[2:], Off: true})
		default:
			list = append(list, Setting{Text: f, Name: f})
		}
	}
	return list
}

// FromVersion returns the experiments stamped into a version as binaries and
// VERSION files carry it, and the version without them. Releases up to 1.25.1
// write "go1.25.1 X:a,b", later ones "go1.26.8-X:a,b" (golang/go#75953). Only
// what differs from the release's defaults is there.
func FromVersion(version string) (release string, experiments []string) {
	for _, sep := range []string{" X:", "-X:"} {
		before, after, ok := strings.Cut(version, sep)
		if !ok {
			continue
		}
		after, rest, _ := strings.Cut(after, " ")
		for _, name := range strings.Split(after, ",") {
			if name != "" {
				experiments = append(experiments, name)
			}
		}
		return strings.TrimSpace(before + " " + rest), experiments
	}
	return version, nil
}
