package gocmd

import "slices"

// WithFlag returns goArgs with a flag added behind all others, where it is
// stronger than they are, and in front of the packages.
func WithFlag(verb string, goArgs []string, flag string) []string {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return append([]string{flag}, goArgs...)
	}
	var out []string
	added := false
	for _, t := range tokens {
		if t.kind != flagToken && !added {
			out, added = append(out, flag), true
		}
		out = append(out, t.raw...)
	}
	if !added {
		out = append(out, flag)
	}
	return out
}

// WithoutFlags returns goArgs without some of go's flags, named without dashes.
func WithoutFlags(verb string, goArgs []string, names ...string) []string {
	tokens, err := scan(verb, goArgs)
	if err != nil {
		return goArgs
	}
	var out []string
	for _, t := range tokens {
		if t.kind != flagToken || !slices.Contains(names, canonical(verb, t.flag.Name)) {
			out = append(out, t.raw...)
		}
	}
	return out
}
