package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/words"
)

// remoteStats is gust cache stats --remote: the server that is set comes first.
func (a *app) remoteStats(ctx context.Context, asJSON bool) error {
	gc, err := a.cache(0)
	if err != nil {
		return err
	}
	used, err := gc.Remotes()
	if err != nil {
		return err
	}
	all := []event.CacheRemote{}
	for _, u := range used {
		all = append(all, event.CacheRemote{Server: u.Server, Runs: u.Runs, Total: u.Total})
	}
	r, err := a.remoteCache("")
	if err != nil {
		a.warn("no remote cache: "+err.Error(), "run: gust cacheprog --help")
	} else if r != nil {
		all = a.askServer(ctx, r, all)
	}
	if len(all) == 0 {
		err := fault.New(fault.NotFound, "set GUST_REMOTE_CACHE, see: gust cacheprog --help", "no remote cache is set, and none was used in the last 30 days")
		if asJSON {
			a.emitError(err)
		}
		return err
	}
	for i, e := range all {
		a.rec.Emit(e)
		if asJSON {
			err = a.emit(e)
		} else {
			err = a.print("%s%s", map[bool]string{true: "\n"}[i > 0], remoteText(e))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// askServer asks the server that is set, and puts what it says in front.
func (a *app) askServer(ctx context.Context, r *remoteClient, all []event.CacheRemote) []event.CacheRemote {
	e := event.CacheRemote{Server: r.Name()}
	if i := slices.IndexFunc(all, func(e event.CacheRemote) bool { return e.Server == r.Name() }); i >= 0 {
		e = all[i]
		all = slices.Delete(all, i, i+1)
	}
	e.Mode = map[[2]bool]string{{true, true}: "readwrite", {true, false}: "read", {false, true}: "write"}[[2]bool{r.read, r.write}]
	if s, err := r.Status(ctx); err != nil {
		e.Error = err.Error()
	} else {
		e.Status = &event.CacheServer{Kind: s.Kind, UsedBytes: s.UsedBytes, LimitBytes: s.LimitBytes, Entries: s.Entries,
			Hits: s.Hits, Misses: s.Misses, Evicted: s.Evicted, TookNS: s.Took.Nanoseconds()}
	}
	return append([]event.CacheRemote{e}, all...)
}

func remoteText(e event.CacheRemote) string {
	var b strings.Builder
	b.WriteString(foreign(e.Server))
	if e.Mode != "" {
		fmt.Fprintf(&b, " (%s)", e.Mode)
	}
	fmt.Fprintf(&b, "\nlast 30 days: %s", words.Counts(e.Runs, "run", "runs"))
	if text := report.Remote(e.Total); text != "" {
		b.WriteString(", " + strings.TrimPrefix(text, "remote cache: "))
	}
	b.WriteString("\n")
	if t := e.Total; t.Lookups > 0 {
		fmt.Fprintf(&b, "answers: %d, %s on average, %s at most", t.Lookups, latency(t.WaitNS/t.Lookups), latency(t.SlowestNS))
		b.WriteString("\n")
	}
	if e.Total.Failed > 0 {
		fmt.Fprintf(&b, "requests that failed: %d\n", e.Total.Failed)
	}
	if e.Error != "" {
		fmt.Fprintf(&b, "now: no answer: %s\n", foreign(e.Error))
	}
	if e.Status != nil {
		fmt.Fprintf(&b, "now: answers in %s%s\n", latency(e.Status.TookNS), serverText(*e.Status))
	}
	return b.String()
}

// latency renders the time that an answer took.
func latency(ns int64) string {
	if d := time.Duration(ns); d >= time.Second {
		return report.Duration(d)
	}
	return fmt.Sprintf("%.3g ms", float64(ns)/1e6)
}

// serverText is the server's own word.
func serverText(s event.CacheServer) string {
	text := ""
	if s.Kind != "" {
		text = "; " + foreign(s.Kind)
	}
	if s.UsedBytes >= 0 {
		text += "; " + cache.FormatSize(s.UsedBytes)
		if s.LimitBytes > 0 {
			text += " of " + cache.FormatSize(s.LimitBytes)
		}
	}
	if s.Entries >= 0 {
		text += fmt.Sprintf("; %d entries", s.Entries)
	}
	if asked := s.Hits + s.Misses; s.Hits >= 0 && s.Misses >= 0 && asked > 0 {
		text += fmt.Sprintf("; %.3g%% of %d found since it was started", 100*float64(s.Hits)/float64(asked), asked)
	}
	if s.Evicted > 0 {
		text += fmt.Sprintf("; %d dropped to make room", s.Evicted)
	}
	return text
}
