package kconfig

import (
	"fmt"
	"io"
	"maps"
	"slices"
)

// A Change is one option that differs between two configurations.
type Change struct {
	Name string `json:"name"`
	// Old and New are the values; the one that is missing is empty.
	Old string `json:"old,omitempty"`
	New string `json:"new,omitempty"`
	// Kind is removed, changed or added.
	Kind string `json:"kind"`
}

// The kinds of [Change], in the order in which they are listed.
const (
	Removed = "removed"
	Changed = "changed"
	Added   = "added"
)

// Diff lists what differs between two configurations in the order of the
// kernel's scripts/diffconfig: options removed, changed and added, each by
// name.
func Diff(a, b *Config) []Change {
	var removed, changed, added []Change
	for _, name := range slices.Sorted(maps.Keys(a.values)) {
		old := a.values[name]
		switch now, ok := b.values[name]; {
		case !ok:
			removed = append(removed, Change{name, old, "", Removed})
		case now != old:
			changed = append(changed, Change{name, old, now, Changed})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.values)) {
		if _, ok := a.values[name]; !ok {
			added = append(added, Change{name, "", b.values[name], Added})
		}
	}
	return slices.Concat(removed, changed, added)
}

// WriteDiff writes changes as scripts/diffconfig does, byte for byte.
func WriteDiff(w io.Writer, changes []Change) error {
	for _, c := range changes {
		var err error
		switch c.Kind {
		case Removed:
			_, err = fmt.Fprintf(w, "-%s %s\n", c.Name, c.Old)
		case Added:
			_, err = fmt.Fprintf(w, "+%s %s\n", c.Name, c.New)
		default:
			_, err = fmt.Fprintf(w, " %s %s -> %s\n", c.Name, c.Old, c.New)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
