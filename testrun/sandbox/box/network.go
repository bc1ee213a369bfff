package box

// A Network leads from sandboxes to services of the host, see package relay. It is
// handed to this package, which must not import package net: see Early.
type Network struct {
	// Offer runs in the sandbox, Serve outside of it.
	Offer func(addrs []string, to int) error
	Serve func(addrs []string, from int, used func()) error
}

// Early reports whether Main and InitMain can do without a network, so that they need
// not wait for package net to be initialised.
func Early() bool {
	spec, err := readSpec()
	return err == nil && !spec.needsNetwork()
}

// needsNetwork reports whether a package may use services of the host.
func (s Spec) needsNetwork() bool {
	if len(s.Allow) > 0 {
		return true
	}
	for _, p := range s.Packages {
		if len(p.Allow) > 0 {
			return true
		}
	}
	return false
}
