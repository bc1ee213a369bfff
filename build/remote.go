package build

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/overlay"
	"github.com/gust-go/gust/build/share"
	"github.com/gust-go/gust/build/share/link"
	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/build/toolexec"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

// A Remote is a cache that machines share, behind gust's own.
type Remote struct {
	// Cache is the server.
	Cache share.Remote
	// Name is its address without what is secret; empty to take no notes.
	Name string
	// Requests says what was asked of it; nil if nobody counts.
	Requests func() cacheprog.Requests
	// Read and Write say what is wanted of it.
	Read, Write bool
	// Links says which programs are taken from it that others have linked, and sent.
	Links Links
	// Drain is how long the end of a build waits for what is still to be sent.
	Drain time.Duration
}

// Links are kinds of programs.
type Links string

// The kinds of programs that machines share. Test binaries are seldom asked for: go
// links those only whose results nobody has cached.
const (
	LinksPrograms Links = ""    // of build and install
	LinksAll      Links = "all" // test binaries, too
	LinksOff      Links = "off"
)

// sharesLinks reports whether programs of this build are shared.
func (r *runner) sharesLinks() bool {
	return r.Remote.Links == LinksAll || r.Remote.Links == LinksPrograms && r.Verb != "test"
}

// startShare begins to use the remote cache for a build by go; a nil share uses
// none. The program of go run would be linked each time, since go keeps
// executables on its own disk cache only (updateBuildID in
// cmd/go/internal/work/buildid.go): there this machine's caches have to do.
func (r *runner) startShare(ctx context.Context) *share.Share {
	if r.Remote == nil || r.Verb == "run" {
		return nil
	}
	r.name = r.buildName()
	local, err := gocache.Open(r.session.gocache, time.Now)
	var s *share.Share
	if err == nil {
		local.TempDir = overlay.TempDir
		s, err = share.Start(ctx, share.Options{
			Remote: r.Remote.Cache, Scope: string(r.lines()), Local: local,
			Store: &store.Store{Dir: r.session.store.Dir, Now: time.Now}, Dir: r.session.dir, Now: time.Now,
			Write: r.Remote.Write, Build: r.name, First: r.first(),
		})
	}
	if err != nil {
		r.sink.Emit(event.Warning{Text: "building without a remote cache: " + err.Error()})
		return nil
	}
	return s
}

// shareEnv makes go ask s.
func (r *runner) shareEnv(s *share.Share) ([]string, error) {
	socket := "-"
	switch {
	case s != nil:
		socket = s.Socket()
	case r.env.GOCACHEPROG == "":
		return nil, nil
	}
	// An empty variable does not count against one of go env -w; a program that
	// finds nobody to ask uses the cache on this machine.
	value, err := gocmd.Quote(r.Self, link.Command, socket)
	return []string{"GOCACHEPROG=" + value}, err
}

// endShare waits for what is to be sent, and counts. The build is done by then.
func (r *runner) endShare(s *share.Share, good bool) {
	if s == nil {
		return
	}
	n := s.Close(r.Remote.Drain, good)
	if good {
		r.builtHere()
	}
	e := &event.BuildRemote{
		Found: n.Found, Programs: n.Programs, Records: n.Records, ReceivedBytes: n.Received,
		Sent: n.SentEntries, NotSent: n.NotSent, SentBytes: n.Sent, Wrong: n.Wrong,
	}
	if r.Remote.Read {
		e.Missing = n.Missing
	}
	if r.Remote.Requests != nil {
		q := r.Remote.Requests()
		e.Lookups, e.WaitNS, e.SlowestNS, e.Failed = q.Lookups, q.Wait.Nanoseconds(), q.Slowest.Nanoseconds(), q.Failed
	}
	if *e != (event.BuildRemote{}) {
		r.total.Remote = e
	}
}

// shared passes on what a wrapper has made.
func (r *runner) shared(e toolexec.Entry) {
	if r.share == nil {
		return
	}
	for _, s := range e.Stored {
		r.share.Send(s.Kind, s.Key)
	}
	if e.Program != nil {
		r.share.SendProgram(e.Program.Key, e.Program.File)
	}
}

// mainModule is the path of the only module whose packages may change, "" if
// that cannot be told from the path of a package.
func (r *runner) mainModule() string {
	if r.session.toolexec.Mixed || r.env.GOMOD == "" || r.env.GOMOD == os.DevNull {
		return ""
	}
	data, err := os.ReadFile(r.env.GOMOD)
	if err != nil {
		return ""
	}
	return modfile.ModulePath(data)
}

// foreignCacheprog reports whether somebody else's program stands in the place
// where gust would put its own. Plain go's gust cacheprog can be left out: it
// asks the same server.
func (r *runner) foreignCacheprog() bool {
	if r.env.GOCACHEPROG == "" {
		return false
	}
	words, err := gocmd.SplitGOFLAGS(r.env.GOCACHEPROG)
	name := ""
	if err == nil && len(words) == 2 {
		name = strings.TrimSuffix(filepath.Base(words[0]), ".exe")
	}
	return r.Remote == nil || name != "gust" || words[1] != "cacheprog"
}
