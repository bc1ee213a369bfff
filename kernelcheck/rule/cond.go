package rule

import (
	"cmp"
	"fmt"
	"go/version"
	"slices"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// Input is what a rule is asked about. Program may be nil.
type Input struct {
	Host    *fact.Host
	Program *fact.Program
}

// A Result says whether a condition holds, and why.
type Result struct {
	Verdict fact.Verdict // Yes, No or Unknown
	// Evidence are the facts behind it: those that hold for yes, those that are
	// missing for unknown.
	Evidence []string
	// Doubt lowers the confidence of the rule where only a part less certain
	// than the rest holds.
	Doubt Confidence
	// Action is what to do on this host, if that is not what the rule says.
	Action string
	// Below is the kernel version from which on it would not hold, where that is
	// what a yes hangs on.
	Below string
}

// A Cond is a condition.
type Cond func(in Input) Result

func is(holds bool, format string, args ...any) Result {
	if holds {
		return Result{Verdict: fact.Yes, Evidence: []string{fmt.Sprintf(format, args...)}}
	}
	return Result{Verdict: fact.No}
}

func unknown(format string, args ...any) Result {
	return Result{Verdict: fact.Unknown, Evidence: []string{fmt.Sprintf(format, args...)}}
}

// all holds if every part does.
func all(parts ...Cond) Cond {
	return func(in Input) Result {
		out := Result{Verdict: fact.Yes}
		var missing []string
		for _, part := range parts {
			r := part(in)
			switch r.Verdict {
			case fact.No:
				return Result{Verdict: fact.No}
			case fact.Unknown:
				out.Verdict = fact.Unknown
				missing = append(missing, r.Evidence...)
			default:
				out.Evidence = append(out.Evidence, r.Evidence...)
				out.Below = cmp.Or(r.Below, out.Below)
			}
			out.Doubt = lower(out.Doubt, r.Doubt)
		}
		if out.Verdict == fact.Unknown {
			out.Evidence = missing
		}
		return out
	}
}

// either holds if one part does; the first that does counts.
func either(parts ...Cond) Cond {
	return func(in Input) Result {
		out := Result{Verdict: fact.No}
		for _, part := range parts {
			r := part(in)
			if r.Verdict == fact.Yes {
				return r
			}
			if r.Verdict == fact.Unknown {
				out.Verdict = fact.Unknown
				out.Evidence = append(out.Evidence, r.Evidence...)
			}
		}
		return out
	}
}

// weak is a part that is less certain than the rest of its rule.
func weak(c Confidence, part Cond) Cond {
	return func(in Input) Result {
		r := part(in)
		r.Doubt = lower(r.Doubt, c)
		return r
	}
}

// goIn holds for releases from lo up to but not including hi; either may be
// empty.
func goIn(lo, hi string) Cond {
	return func(in Input) Result {
		if in.Program == nil || in.Program.Go == "" {
			return unknown("the Go release is not known")
		}
		v := in.Program.Go
		return is((lo == "" || version.Compare(v, lo) >= 0) && (hi == "" || version.Compare(v, hi) < 0), "built with %s", v)
	}
}

// before holds for kernels older than a version.
func before(v string) Cond {
	return func(in Input) Result {
		r, ok := in.Host.Kernel()
		if !ok {
			return unknown("the kernel version is not known")
		}
		switch r.Before(v) {
		case fact.Yes:
			out := is(true, "Linux %s is older than %s", r, v)
			out.Below = v
			return out
		case fact.No:
			return Result{Verdict: fact.No}
		}
		return unknown("which stable release Linux %s is based on", r)
	}
}

// from holds for a version and newer ones.
func from(v string) Cond {
	return func(in Input) Result {
		r, ok := in.Host.Kernel()
		if !ok {
			return unknown("the kernel version is not known")
		}
		switch r.Before(v) {
		case fact.No:
			return is(true, "Linux %s", r)
		case fact.Yes:
			return Result{Verdict: fact.No}
		}
		return unknown("which stable release Linux %s is based on", r)
	}
}

// between holds from lo up to but not including hi.
func between(lo, hi string) Cond { return all(from(lo), before(hi)) }

// arch holds for programs of the architectures.
func arch(names ...string) Cond {
	return func(in Input) Result {
		a := in.Host.Arch
		if in.Program != nil && in.Program.Arch != "" {
			a = in.Program.Arch
		}
		if a == "" {
			return unknown("the architecture is not known")
		}
		return is(slices.Contains(names, a), "%s", a)
	}
}

// host tests a fact of the host that its zero value leaves unknown.
func host(what string, known func(h *fact.Host) bool, holds func(h *fact.Host) (bool, string)) Cond {
	return func(in Input) Result {
		if !known(in.Host) {
			return unknown("%s is not known", what)
		}
		ok, text := holds(in.Host)
		return is(ok, "%s", text)
	}
}

// off holds where a kernel option is not set, on where it is.
func off(option string) Cond {
	return func(in Input) Result {
		if in.Host.Config == nil {
			return unknown("CONFIG_%s: the kernel config is not known", option)
		}
		return is(!in.Host.Config.On(option), "CONFIG_%s is not set", option)
	}
}

func on(option string) Cond {
	return func(in Input) Result {
		if in.Host.Config == nil {
			return unknown("CONFIG_%s: the kernel config is not known", option)
		}
		return is(in.Host.Config.On(option), "CONFIG_%s=%s", option, in.Host.Config.Value(option))
	}
}

// sysctl holds where a setting has one of the values. One that the host does
// not have holds nowhere.
func sysctl(name string, values ...string) Cond {
	return func(in Input) Result {
		if in.Host.Sysctls == nil {
			return unknown("%s is not known", name)
		}
		v, ok := in.Host.Sysctls[name]
		return is(ok && slices.Contains(values, v), "%s is %s", name, v)
	}
}

// probed holds where a probe came out in one of the ways given.
func probed(name string, want ...fact.Verdict) Cond {
	return func(in Input) Result {
		p, ok := in.Host.Probes[name]
		if !ok {
			return unknown("%s was not probed", name)
		}
		if slices.Contains(want, p.Verdict) {
			return is(true, "probe %s: %s%s", name, p.Verdict, brackets(p.Detail))
		}
		if p.Verdict == fact.Unknown {
			return unknown("probe %s could not tell%s", name, brackets(p.Detail))
		}
		return Result{Verdict: fact.No}
	}
}

// probedOr asks a probe and, where that has no answer, the other condition.
func probedOr(name string, want []fact.Verdict, otherwise Cond) Cond {
	return func(in Input) Result {
		if p, ok := in.Host.Probes[name]; ok && p.Verdict != fact.Unknown {
			return probed(name, want...)(in)
		}
		return otherwise(in)
	}
}

func brackets(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

// cgo holds for programs with C in them.
func cgo(in Input) Result {
	if in.Program == nil || in.Program.Cgo == "" || in.Program.Cgo == fact.Unknown {
		return unknown("whether the program uses cgo is not known")
	}
	return is(in.Program.Cgo == fact.Yes, "the program uses cgo")
}

// debug holds where a GODEBUG setting has a value, or has none of its own and
// the release's default is that.
func debug(name, value string, byDefault bool) Cond {
	return func(in Input) Result {
		if in.Program == nil {
			return unknown("GODEBUG is not known")
		}
		v, set := in.Program.Debug[name]
		switch {
		case set:
			return is(v == value, "GODEBUG has %s=%s", name, v)
		case !in.Program.DebugKnown:
			return unknown("the GODEBUG defaults are not known")
		}
		return is(byDefault, "GODEBUG leaves %s at %s", name, value)
	}
}
