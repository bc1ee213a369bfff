package cache

import (
	"context"
	"slices"
	"strings"
	"time"
)

// Stats says how large the cache is.
type Stats struct {
	Dir string
	// Areas are the parts of the cache by path, sorted.
	Areas []Area
	// Frees is what removing the cache would free, in bytes. It counts what is
	// shared among areas only, which no area's own number does.
	Frees int64
	// Holds is what the cache holds in bytes, everything counted once.
	Holds int64
	// Foreign are paths in the folder that are not gust's.
	Foreign []string
	// Trimmed is when the size was last looked at after a build; zero if never.
	Trimmed time.Time
	// Usage sums up the builds of late.
	Usage Usage
}

// An Area is one directory of the cache.
type Area struct {
	// Path is relative to the cache, with slashes; empty for its own records.
	Path string
	// Entries counts what can be looked up, Temp what is being written.
	Entries, Temp int
	// Frees is what removing the area alone would free, Holds what it holds,
	// both in bytes. They differ by what has names elsewhere, such as in go's
	// own cache.
	Frees, Holds int64
	// Oldest is the time of last use of the entry not used for longest.
	Oldest time.Time
}

// Stats measures the cache.
func (c *Cache) Stats(ctx context.Context) (Stats, error) {
	st := Stats{Dir: c.Dir}
	root, err := c.open()
	if root == nil {
		return st, err
	}
	defer root.Close()
	found, err := scan(ctx, c.Dir)
	if err != nil {
		return st, err
	}
	st.Frees, st.Foreign = found.frees(), found.foreign
	st.Holds = found.dirs
	for _, n := range found.nodes {
		st.Holds += n.disk
	}
	st.Areas = areas(found)
	st.Trimmed = readStamp(root)
	st.Usage, err = readUsage(root, c.now())
	return st, err
}

// areas adds up the areas of the cache.
func areas(found *contents) []Area {
	byPath := map[string]*Area{}
	for _, f := range found.files {
		a := byPath[f.area]
		if a == nil {
			a = &Area{Path: strings.ReplaceAll(f.area, "\\", "/")}
			byPath[f.area] = a
		}
		switch {
		case f.dir:
		case f.kind == temp:
			a.Temp++
		case f.kind != book:
			a.Entries++
			if a.Oldest.IsZero() || f.used.Before(a.Oldest) {
				a.Oldest = f.used
			}
		}
	}
	for _, n := range found.nodes {
		n.addTo(byPath)
	}
	var list []Area
	for _, a := range byPath {
		if a.Entries+a.Temp > 0 || a.Holds > 0 {
			list = append(list, *a)
		}
	}
	slices.SortFunc(list, func(a, b Area) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// addTo counts the node in each area that has a name of it.
func (n *node) addTo(byPath map[string]*Area) {
	names := map[string]uint64{}
	for _, f := range n.names {
		names[f.area]++
	}
	for area, k := range names {
		byPath[area].Holds += n.disk
		if k >= n.links {
			byPath[area].Frees += n.disk
		}
	}
}
