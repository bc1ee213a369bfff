package gocmd

import (
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// Args is a command line split into gust's flags and go's.
type Args struct {
	// Own are gust's flags in the user's order.
	Own []Flag
	// Go is everything else, order and spelling kept.
	Go []string
}

// A Flag is one of gust's own flags as the user gave it.
type Flag struct {
	// Name has no dashes.
	Name string
	// Value is what stood behind the equals sign or, for a flag that must
	// have a value, in the next argument.
	Value    string
	HasValue bool
}

// SplitArgs splits the arguments that follow verb (build, install, run, test or
// vet). A flag is gust's only if it is one of gust's names with two dashes
// in a place where go would look for a flag of its own: before the packages
// for build, install, run and vet, and for test anywhere but behind -args or in
// the arguments of the test binary. Everything else is go's.
func SplitArgs(verb string, args []string) (Args, error) {
	var out Args
	tokens, err := scan(verb, args)
	if err != nil {
		return Args{}, err
	}
	for _, t := range tokens {
		if t.kind == ownToken {
			out.Own = append(out.Own, t.flag)
			continue
		}
		out.Go = append(out.Go, t.raw...)
	}
	return out, nil
}

// FindFlag returns the last value of a flag of go among goArgs, given
// without dashes. It knows both dash forms and both ways to give a value; a
// boolean flag without one has the value "true". It does not look past the
// packages, nor behind -args.
func FindFlag(verb string, goArgs []string, name string) (value string, ok bool) {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return "", false
	}
	for _, t := range tokens {
		if t.kind != flagToken || canonical(verb, t.flag.Name) != name {
			continue
		}
		switch {
		case t.flag.HasValue:
			value, ok = t.flag.Value, true
		case goArity(verb, t.flag.Name) != valued: // else go will miss the value
			value, ok = "true", true
		}
	}
	return value, ok
}

// Flags returns the flags of go among goArgs in the user's order, named without
// dashes. ok is false if there is one that gust does not know.
func Flags(verb string, goArgs []string) (flags []Flag, ok bool) {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return nil, false
	}
	for _, t := range tokens {
		if t.kind != flagToken {
			continue
		}
		if goArity(verb, t.flag.Name) == unknownFlag {
			return nil, false
		}
		flags = append(flags, t.flag)
	}
	return flags, true
}

// Packages returns the packages or files that goArgs name, none if go would
// take the current directory.
func Packages(verb string, goArgs []string) []string {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return nil
	}
	var pkgs []string
	for _, t := range tokens {
		if t.kind == packageToken {
			pkgs = append(pkgs, t.raw...)
		}
	}
	return pkgs
}

// ListArgs turns the arguments of a build into those of a `go list` that
// sees the same packages: the flags that select files and modules, in the
// user's order. The packages are left out.
func ListArgs(verb string, goArgs []string) []string {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return nil
	}
	var list []string
	for _, t := range tokens {
		if t.kind != flagToken {
			continue
		}
		switch t.flag.Name {
		case "C", "tags", "mod", "modfile", "modcacherw", "overlay", "race", "msan", "asan", "compiler":
			list = append(list, t.raw...)
		}
	}
	return list
}

// InsertFlags puts flags in front of goArgs, behind a leading -C, which go
// wants first. The user's own flags, being later, win.
func InsertFlags(goArgs []string, flags ...string) []string {
	n := chdirLen(goArgs)
	return slices.Concat(goArgs[:n], flags, goArgs[n:])
}

// chdirLen is how many of args a leading -C flag takes.
func chdirLen(args []string) int {
	if len(args) == 0 {
		return 0
	}
	name, _, hasValue, ok := cutFlag(args[0])
	switch {
	case !ok || name != "C":
		return 0
	case hasValue:
		return 1
	}
	return min(2, len(args))
}

// TestPart returns goArgs, the arguments of a go test, for another run of
// part of the tests: without the flags named in drop, and with packages and
// flags in front of what is left. They must be in front because go takes what
// follows a flag it does not know for its value. Arguments of the test binary
// stay.
func TestPart(goArgs []string, drop, flags, packages []string) ([]string, error) {
	tokens, err := scan("test", goArgs)
	if err != nil {
		return nil, err
	}
	var before, rest []string
	for _, t := range tokens {
		switch {
		case t.kind == packageToken:
		case t.kind == restToken:
			rest = append(rest, t.raw...)
		case t.kind == flagToken && slices.Contains(drop, canonical("test", t.flag.Name)):
		default:
			before = append(before, t.raw...)
		}
	}
	front := slices.Concat(packages, flags)
	return append(InsertFlags(before, front...), rest...), nil
}

type tokenKind int

const (
	ownToken     tokenKind = iota // one of gust's flags, with its value
	flagToken                     // one of go's flags, with its value
	packageToken                  // a package or file
	restToken                     // for the program or test binary, or go's to refuse
)

// A token is one argument, or a flag and its value.
type token struct {
	kind tokenKind
	flag Flag
	raw  []string
}

// scan cuts a command line into tokens. The raw arguments of all tokens
// together are args.
func scan(verb string, args []string) ([]token, error) {
	s := scanner{verb: verb, args: args}
	if verb == "test" {
		return s.test()
	}
	return s.build()
}

type scanner struct {
	verb   string
	args   []string // not yet scanned
	tokens []token
}

// build scans for build, install and run, where flags end at the first
// argument that is not one.
func (s *scanner) build() ([]token, error) {
	terminated := false
	for len(s.args) > 0 && !terminated {
		if s.args[0] == "--" {
			terminated = true
			s.take(restToken, 1)
			continue
		}
		matched, err := s.flag()
		if err != nil {
			return nil, err
		}
		if !matched {
			break
		}
	}
	if s.verb == "run" {
		return s.program(), nil
	}
	for len(s.args) > 0 {
		if f, _, ok := cutOwn(s.verb, s.args[0]); ok && !terminated {
			// go takes no flags here either, so no valid build is refused.
			return nil, fault.New(fault.Usage,
				"run: gust "+s.verb+" "+s.args[0]+" [packages]",
				"flag %q must come before the packages", "--"+f.Name)
		}
		s.take(packageToken, 1)
	}
	return s.tokens, nil
}

// program scans what follows the flags of run: one package, or several
// files, then the program's own arguments.
func (s *scanner) program() []token {
	n := 0
	for n < len(s.args) && strings.HasSuffix(s.args[n], ".go") {
		n++
	}
	if n == 0 && len(s.args) > 0 {
		n = 1
	}
	for range n {
		s.take(packageToken, 1)
	}
	s.rest()
	return s.tokens
}

// test scans for go test, whose flags may stand on either side of the
// packages. It follows testFlags in cmd/go/internal/test: a flag that go
// does not know ends the package list, and the argument behind it may be its
// value; the first other argument behind the list begins the arguments of
// the test binary.
func (s *scanner) test() ([]token, error) {
	var listSeen, inList, afterUnknown bool
	for len(s.args) > 0 {
		arg := s.args[0]
		if arg == "--" || arg == "-args" || arg == "--args" {
			break
		}
		before := len(s.tokens)
		matched, err := s.flag()
		if err != nil {
			return nil, err
		}
		if matched {
			t := s.tokens[before]
			if t.kind == ownToken {
				continue // go will not see it
			}
			known := goArity(s.verb, t.flag.Name) != unknownFlag
			inList = false
			listSeen = listSeen || !known
			afterUnknown = !known && !t.flag.HasValue
			continue
		}
		if !inList && listSeen {
			if !afterUnknown {
				break
			}
			afterUnknown = false
			s.take(restToken, 1)
			continue
		}
		inList, listSeen, afterUnknown = true, true, false
		s.take(packageToken, 1)
	}
	s.rest()
	return s.tokens, nil
}

// flag scans one flag and its value, if the next argument is a flag.
func (s *scanner) flag() (matched bool, err error) {
	if f, kind, ok := cutOwn(s.verb, s.args[0]); ok {
		return true, s.own(f, kind)
	}
	name, value, hasValue, ok := cutFlag(s.args[0])
	if !ok {
		return false, nil
	}
	f, n := Flag{Name: name, Value: value, HasValue: hasValue}, 1
	if goArity(s.verb, name) == valued && !hasValue && len(s.args) > 1 {
		f.Value, f.HasValue, n = s.args[1], true, 2
	}
	s.take(flagToken, n)
	s.tokens[len(s.tokens)-1].flag = f
	return true, nil
}

// own scans one of gust's flags.
func (s *scanner) own(f Flag, kind arity) error {
	n := 1
	if kind == valued && !f.HasValue {
		if len(s.args) < 2 {
			return fault.New(fault.Usage, "run: gust "+s.verb+" --help", "flag %q needs a value", "--"+f.Name)
		}
		f.Value, f.HasValue, n = s.args[1], true, 2
	}
	s.take(ownToken, n)
	s.tokens[len(s.tokens)-1].flag = f
	return nil
}

// take moves the next n arguments into a token.
func (s *scanner) take(kind tokenKind, n int) {
	s.tokens = append(s.tokens, token{kind: kind, raw: s.args[:n:n]})
	s.args = s.args[n:]
}

// rest hands everything that is left to the program or test binary.
func (s *scanner) rest() {
	for len(s.args) > 0 {
		s.take(restToken, 1)
	}
}
