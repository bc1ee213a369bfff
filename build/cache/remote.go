package cache

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/event"
)

// A RemoteUsage sums up what a remote cache was good for within 30 days.
type RemoteUsage struct {
	// Server is its address.
	Server string
	// Runs counts builds and go commands that have asked it.
	Runs int
	// Total is all of them together.
	Total event.BuildRemote
}

// remoteLine is one run in the record.
type remoteLine struct {
	Unix   int64             `json:"t"`
	Server string            `json:"server"`
	Run    event.BuildRemote `json:"run"`
}

func (l remoteLine) unix() int64 { return l.Unix }

// RecordRemote takes note of what a remote cache has done for a run.
func (c *Cache) RecordRemote(server string, r event.BuildRemote) error {
	return c.note(remoteName, remoteLine{c.now().Unix(), server, r})
}

// Remotes are the remote caches that were in use of late, the one most asked first.
func (c *Cache) Remotes() ([]RemoteUsage, error) {
	root, err := c.open()
	if root == nil {
		return nil, err
	}
	defer root.Close()
	return readRemotes(root, c.now())
}

func readRemotes(root *os.Root, now time.Time) (all []RemoteUsage, err error) {
	err = eachUsage(root, remoteName, func(_ []byte, l remoteLine) {
		if now.Sub(time.Unix(l.Unix, 0)) > usageKept {
			return
		}
		i := slices.IndexFunc(all, func(u RemoteUsage) bool { return u.Server == l.Server })
		if i < 0 {
			all = append(all, RemoteUsage{Server: l.Server})
			i = len(all) - 1
		}
		all[i].Runs++
		addRemote(&all[i].Total, l.Run)
	})
	slices.SortStableFunc(all, func(a, b RemoteUsage) int {
		if a.Runs != b.Runs {
			return b.Runs - a.Runs
		}
		return strings.Compare(a.Server, b.Server)
	})
	return all, err
}

func addRemote(sum *event.BuildRemote, r event.BuildRemote) {
	for _, n := range []struct {
		to   *int64
		from int64
	}{
		{&sum.Found, r.Found}, {&sum.Missing, r.Missing}, {&sum.Programs, r.Programs}, {&sum.Records, r.Records}, {&sum.ReceivedBytes, r.ReceivedBytes},
		{&sum.Sent, r.Sent}, {&sum.SentBytes, r.SentBytes}, {&sum.NotSent, r.NotSent}, {&sum.Wrong, r.Wrong},
		{&sum.Lookups, r.Lookups}, {&sum.WaitNS, r.WaitNS}, {&sum.Failed, r.Failed},
	} {
		*n.to += max(0, n.from)
	}
	sum.SlowestNS = max(sum.SlowestNS, r.SlowestNS)
}
