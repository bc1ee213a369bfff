package report

import (
	"fmt"

	"github.com/gust-go/gust/internal/event"
)

// Remote says in a line what a remote cache did for a build.
func Remote(r event.BuildRemote) string {
	text := ""
	if asked := r.Found + r.Missing; asked > 0 {
		text = fmt.Sprintf(", %d of %d found (%.4g%%)", r.Found, asked, 100*float64(r.Found)/float64(asked))
	}
	if r.Records > 0 {
		text += fmt.Sprintf(", %s for reuse", plural(int(r.Records), "record"))
	}
	if r.ReceivedBytes > 0 {
		text += fmt.Sprintf(", %s received", size(r.ReceivedBytes))
	}
	if r.Sent > 0 {
		text += fmt.Sprintf(", %d sent (%s)", r.Sent, size(r.SentBytes))
	}
	if r.NotSent > 0 {
		text += fmt.Sprintf(", %d not sent", r.NotSent)
	}
	if r.Wrong > 0 {
		text += fmt.Sprintf(", %d wrong", r.Wrong)
	}
	if text == "" {
		return ""
	}
	return "remote cache: " + text[2:]
}

// size renders a number of bytes.
func size(n int64) string {
	const units = "KMGT"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	f, i := float64(n)/(1<<10), 0
	for f >= 1000 && i < len(units)-1 {
		f, i = f/(1<<10), i+1
	}
	return fmt.Sprintf("%.1f %ciB", f, units[i])
}
