package experiment

import (
	"fmt"
	"go/version"
	"slices"
	"strings"
)

// Kind classes a [Finding].
type Kind string

// The kinds of findings, worst first.
const (
	// Fatal: every go command fails.
	Fatal Kind = "fatal"
	// Unsure: it cannot be told whether go knows the name.
	Unsure Kind = "unsure"
	// Danger: valid, and not something to leave set.
	Danger Kind = "danger"
	// Useless: valid, and changes nothing.
	Useless Kind = "useless"
	// Set: valid.
	Set Kind = "set"
)

// A Finding is what [Lint] has to say about one element of GOEXPERIMENT, or
// about the switch of toolchains.
type Finding struct {
	Kind Kind
	// Name is the element as written.
	Name string
	// Text says what is the case, Consequence what comes of it, Action what
	// to do.
	Text, Consequence, Action string
}

// Lint holds the GOEXPERIMENT of a toolchain against what that toolchain
// knows.
func Lint(t Toolchain) []Finding {
	value := orElse(t.GOEXPERIMENT.Text, builtIn(t))
	settings := Parse(value)
	var list []Finding
	rel, known := releaseOf(t)
	for _, s := range settings {
		list = append(list, lintOne(t, s, rel, known))
	}
	if f, ok := switchCrash(t, settings); ok {
		list = append(list, f)
	}
	rank := []Kind{Fatal, Unsure, Danger, Useless, Set}
	slices.SortStableFunc(list, func(a, b Finding) int {
		return slices.Index(rank, a.Kind) - slices.Index(rank, b.Kind)
	})
	return list
}

// builtIn is the GOEXPERIMENT that the toolchain was built with.
func builtIn(t Toolchain) string {
	if t.Goroot == "" {
		return ""
	}
	r, err := ReadSources(t.Goroot)
	if err != nil {
		return ""
	}
	return r.Default
}

// releaseOf finds out what the final toolchain knows.
func releaseOf(t Toolchain) (r Release, known bool) {
	rel, plain := release(t.Final)
	minor, ok := Minor(rel)
	if names, has := Names(minor); ok && has && plain {
		return Release{Names: names, From: rel}, true
	}
	if t.Goroot == "" || !sameRelease(t) {
		return Release{}, false
	}
	r, err := ReadSources(t.Goroot)
	return r, err == nil
}

// sameRelease reports whether GOROOT holds the sources of the go that runs;
// a stale GOROOT variable points elsewhere.
func sameRelease(t Toolchain) bool {
	file, _ := release(versionFile(t.Goroot))
	final, _ := release(t.Final)
	return t.Final == "" || file == final
}

func lintOne(t Toolchain, s Setting, r Release, known bool) Finding {
	if !known {
		return Finding{Unsure, s.Text,
			fmt.Sprintf("whether %s knows %q cannot be told: the table has Go 1.%d to 1.%d and there are no sources of it here", orElse(t.Final, "go"), s.Text, First, Last),
			"if it does not, every go command fails", escape(t)}
	}
	if !r.Knows(s) && t.Goroot != "" && sameRelease(t) {
		// A vendor may have added names without saying so in its version.
		if own, err := ReadSources(t.Goroot); err == nil && own.Knows(s) {
			r = own
		}
	}
	if !r.Knows(s) {
		return unknown(t, s)
	}
	return valid(t, s)
}

func unknown(t Toolchain, s Setting) Finding {
	text := fmt.Sprintf("%s does not know %q", orElse(t.Final, "go"), s.Text)
	e, ok := Lookup(strings.TrimLeft(s.Name, "-"))
	switch {
	case strings.HasPrefix(s.Text, "-"):
		text += `; the prefix that switches off is "no", not "-"`
	case ok:
		text += fmt.Sprintf("; %s: %s", e.releases(), e.Meaning)
	}
	return Finding{Fatal, s.Text, text,
		fmt.Sprintf("every go command ends with \"unknown GOEXPERIMENT %s\", go version and go env included", s.Name), escape(t)}
}

// releases says which releases know an experiment.
func (e Experiment) releases() string {
	switch {
	case e.Until == Last:
		return fmt.Sprintf("it came with Go 1.%d", e.Since)
	case e.Since == e.Until:
		return fmt.Sprintf("only Go 1.%d had it", e.Since)
	}
	return fmt.Sprintf("Go 1.%d to 1.%d had it", e.Since, e.Until)
}

// escape says how to get out of a GOEXPERIMENT that go refuses.
func escape(t Toolchain) string {
	switch t.GOEXPERIMENT.Origin {
	case FromEnvironment:
		return "run: unset GOEXPERIMENT"
	case FromEnvFile:
		return fmt.Sprintf("run: go env -u GOEXPERIMENT (the value is in %s; GOEXPERIMENT= does not hide it)", t.GOEXPERIMENT.File)
	case FromGoroot:
		return fmt.Sprintf("take the line out of %s, or run: export GOEXPERIMENT=none", t.GOEXPERIMENT.File)
	}
	return "run: export GOEXPERIMENT=none"
}

func valid(t Toolchain, s Setting) Finding {
	from := "GOEXPERIMENT=" + s.Text
	if origin := t.GOEXPERIMENT.Origin; origin != "" && origin != FromEnvironment {
		from += " (" + origin + ")"
	}
	f := Finding{Kind: Set, Name: s.Text, Text: from}
	e, ok := Lookup(s.Name)
	rel, _ := release(t.Final)
	minor, _ := Minor(rel)
	switch {
	case s.Text == "none":
		f.Text += ": every experiment is off, those on by default as well"
	case !ok:
		f.Text += fmt.Sprintf(": known to %s", orElse(t.Final, "go"))
	case minor >= First && minor <= Last && e.In(minor) && e.OnByDefault(minor, t.GOOS, t.GOARCH) != s.Off:
		f.Kind = Useless
		f.Text += fmt.Sprintf(": %s is already %s in Go 1.%d on %s/%s", e.Name, onOff(!s.Off), minor, t.GOOS, t.GOARCH)
		f.Action = "leave it out"
	case s.Off:
		f.Text += ": off: " + e.Meaning
	default:
		f.Text += ": " + e.Meaning
		if e.Danger != "" {
			f.Kind, f.Consequence = Danger, e.Danger
			f.Action = "set it for the one command that needs it"
		}
	}
	return f
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// switchCrash is the crash of Go 1.24.0 to 1.24.4 that meets a name which
// only the toolchain it is about to switch to knows.
func switchCrash(t Toolchain, settings []Setting) (Finding, bool) {
	local, _ := release(t.Local)
	minor, ok := Minor(local)
	if !ok || t.Final == t.Local || minor != 24 || version.Compare(local, "go1.24.5") >= 0 {
		return Finding{}, false
	}
	names, _ := Names(minor)
	for _, s := range settings {
		if !(Release{Names: names}).Knows(s) {
			return Finding{Fatal, s.Text,
				fmt.Sprintf("%s does not know %q and would have to switch to %s first", local, s.Text, t.Final),
				"go crashes before it switches (golang/go#75043, golang/go#74111)",
				"install Go 1.24.5 or later, or " + escape(t)}, true
		}
	}
	return Finding{}, false
}
