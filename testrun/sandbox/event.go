package sandbox

import "github.com/gust-go/gust/internal/event"

// Event is a record as gust reports it.
func (r Record) Event() event.TestTouched {
	e := event.TestTouched{Package: r.Package, Time: r.Time, Trace: string(r.Trace), Full: r.Full, Lost: r.Lost, Touched: []event.TestTouch{}}
	for _, t := range r.Touched {
		e.Touched = append(e.Touched, event.TestTouch{Kind: t.Kind, What: t.What, Outside: t.Outside, Test: t.Test, Count: t.Count})
	}
	return e
}
