package state

import (
	"fmt"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// cacheRows are what the cache holds and how often it helped.
func cacheRows(e *event.CacheStats, f folds) []Row {
	if e == nil {
		return nil
	}
	limit := "no limit"
	if e.LimitBytes >= 0 {
		limit = "of " + size(e.LimitBytes)
	}
	head := Row{Key: "section cache", Text: "Cache", Note: size(e.HoldsBytes) + " " + limit}
	return f.section(nil, head, true, func(rows []Row) []Row {
		rows = append(rows,
			Row{Key: "cache rate", Mark: Info, Depth: 1, Text: rate(e), Note: fmt.Sprintf("%s in 30 days", words.Count(e.Builds, "build")), Detail: func() string { return rateText(e) }},
			Row{Key: "cache size", Mark: Info, Depth: 1, Text: "holds " + size(e.HoldsBytes) + " " + limit, To: share(e.HoldsBytes, e.LimitBytes),
				Detail: func() string { return areaText(e) }})
		for _, name := range e.Foreign {
			rows = append(rows, Row{Key: "foreign " + name, Mark: Warning, Depth: 1, Text: name, Note: "not gust's"})
		}
		return rows
	})
}

func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return min(1, float64(part)/float64(whole))
}

// rate says how many of the compiles that go asked for were not needed.
func rate(e *event.CacheStats) string {
	all := e.Compiled + e.Reused + e.Relinked
	if all == 0 {
		return "no build has asked for a compile yet"
	}
	return fmt.Sprintf("hit rate %d %%: %d of %s not needed", 100*(e.Reused+e.Relinked)/all, e.Reused+e.Relinked, words.Count(all, "compile"))
}

func rateText(e *event.CacheStats) string {
	return fmt.Sprintf(`Compiles that go asked for in 30 days, besides those it found in its own cache

compiled   %6d
reused     %6d
relinked   %6d
saved      %6s
`, e.Compiled, e.Reused, e.Relinked, duration(e.SavedNS))
}

func areaText(e *event.CacheStats) string {
	text := e.Dir + "\nremoving all of it would free " + size(e.FreesBytes) + "\n\n   holds  entries\n"
	for _, a := range e.Areas {
		name := a.Path
		if name == "" {
			name = "(records)"
		}
		text += fmt.Sprintf("%8s  %7d  %s\n", size(a.HoldsBytes), a.Entries, name)
	}
	return text + "\ngust cache trim, verify and clean tidy it up.\n"
}
