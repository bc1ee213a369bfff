//go:build !unix

package stabletime

// link leaves the times of links alone.
func (s *setter) link(string) error { return s.skip(nil) }
