package report

import (
	"fmt"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/words"
)

// Remote says in a line what a remote cache did for a build.
func Remote(r event.BuildRemote) string {
	text := ""
	if asked := r.Found + r.Missing; asked > 0 {
		text = fmt.Sprintf(", %d of %d found (%.4g%%)", r.Found, asked, 100*float64(r.Found)/float64(asked))
	}
	if r.Programs > 0 {
		text += fmt.Sprintf(", %s among them", words.Count(int(r.Programs), "program"))
	}
	if r.Records > 0 {
		text += fmt.Sprintf(", %s for reuse", words.Count(int(r.Records), "record"))
	}
	if r.ReceivedBytes > 0 {
		text += fmt.Sprintf(", %s received", words.Size(r.ReceivedBytes))
	}
	if r.Sent > 0 {
		text += fmt.Sprintf(", %d sent (%s)", r.Sent, words.Size(r.SentBytes))
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
