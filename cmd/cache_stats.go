package cmd

import (
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
)

func (a *app) newCacheStatsCmd() *cobra.Command {
	var asJSON, ofRemote bool
	c := &cobra.Command{
		Use:   "stats",
		Short: "say how large gust's cache is and what it was good for",
		Long: `Stats measures gust's cache. FREES is what removing something would free, and what
the size limit is about; HOLDS includes files that have names elsewhere, mostly in
go's own cache.

With --remote it says what servers were good for instead: the one that
GUST_REMOTE_CACHE names, which is asked about itself, and those of the last 30 days.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if ofRemote {
				return a.remoteStats(c.Context(), asJSON)
			}
			gc, err := a.cache(0)
			if err != nil {
				return err
			}
			limit, err := a.cacheLimit("")
			if err != nil {
				return err
			}
			st, err := gc.Stats(c.Context())
			if err != nil {
				return err
			}
			e := statsEvent(st, limit)
			a.rec.Emit(e)
			if asJSON {
				return a.emit(e)
			}
			return a.print("%s", statsText(st, limit, a.clock.Now()))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write events to stdout, one JSON object a line")
	c.Flags().BoolVar(&ofRemote, "remote", false, "say what remote caches were good for")
	return c
}

func statsText(st cache.Stats, limit int64, now time.Time) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", st.Dir)
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ENTRIES\tFREES\tHOLDS\tOLDEST\t ")
	for _, area := range st.Areas {
		name := area.Path
		if name == "" {
			name = "(records)"
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t  %s\n", area.Entries, cache.FormatSize(area.Frees), cache.FormatSize(area.Holds), age(area.Oldest, now), name)
	}
	fmt.Fprintf(w, "\t%s\t%s\t\t  in all\n", cache.FormatSize(st.Frees), cache.FormatSize(st.Holds))
	_ = w.Flush() // to a strings.Builder
	fmt.Fprintf(&b, "limit: %s", cache.FormatSize(limit))
	if limit > 0 && limit != cache.NoLimit {
		fmt.Fprintf(&b, ", %.1f%% used", 100*float64(st.Frees)/float64(limit))
	}
	b.WriteString("\n")
	if u := st.Usage; u.Builds > 0 {
		asked := u.Compiled + u.Reused + u.Relinked
		fmt.Fprintf(&b, "last 30 days: %s, %s asked for, %d reused (%.0f%%), %s saved\n", words.Counts(u.Builds, "build", "builds"),
			words.Counts(asked, "compile", "compiles"), u.Reused+u.Relinked, 100*float64(u.Reused+u.Relinked)/float64(asked), report.Duration(u.Saved))
	}
	b.WriteString(foreignText("not gust's", st.Foreign))
	return b.String()
}

// age renders how long ago something was.
func age(t, now time.Time) string {
	d := now.Sub(t)
	switch {
	case t.IsZero():
		return "-"
	case d < time.Hour:
		return fmt.Sprintf("%dm", max(0, int(d.Minutes())))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

func statsEvent(st cache.Stats, limit int64) event.CacheStats {
	e := event.CacheStats{
		Dir: st.Dir, Areas: []event.CacheArea{}, FreesBytes: st.Frees, HoldsBytes: st.Holds,
		LimitBytes: limit, Foreign: slashes(st.Foreign), TrimmedUnix: unix(st.Trimmed),
		Builds: st.Usage.Builds, Compiled: st.Usage.Compiled, Reused: st.Usage.Reused,
		Relinked: st.Usage.Relinked, SavedNS: st.Usage.Saved.Nanoseconds(),
	}
	if limit == cache.NoLimit {
		e.LimitBytes = -1
	}
	for _, area := range st.Areas {
		e.Areas = append(e.Areas, event.CacheArea{
			Path: area.Path, Entries: area.Entries, Temp: area.Temp,
			FreesBytes: area.Frees, HoldsBytes: area.Holds, OldestUnix: unix(area.Oldest),
		})
	}
	return e
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
