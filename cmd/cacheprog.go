package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/remote"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/gocmd"
)

const cacheprogHelp = `Answers go's requests for its build cache, with GOCACHEPROG="gust cacheprog": from
go's own build cache, and from a server that machines share behind it.

  gust cacheprog key    print a new pair of keys for GUST_REMOTE_CACHE_KEY

Without GUST_REMOTE_CACHE it is go's build cache and nothing else. What goes wrong
with a server is said once, and the build goes on without it.

Environment:
  GUST_REMOTE_CACHE          the server: https://host/path, reapi://host:port/instance,
                             s3://bucket/prefix or rediss://host:port/database;
                             project:ADDRESS for the one that gust.toml names below it
  GUST_REMOTE_CACHE_KEY      sign:… to write and read, check:… to read what was
                             signed with it, anyone to believe everybody who can
                             write to the server
  GUST_REMOTE_CACHE_MODE     readwrite (default), read, write or off
  GUST_REMOTE_CACHE_LINKS    programs (default) has gust build and install share programs,
                             too, all has gust test share test binaries, off none
  GUST_REMOTE_CACHE_TOKEN    for bearer authentication
  GUST_REMOTE_CACHE_TIMEOUT  how long to wait for an answer (5s)
  GUST_REMOTE_CACHE_HEADER   more headers, one a line: Name: value
  GUST_REMOTE_CACHE_HELPER   a program that prints credentials
  GUST_REMOTE_CACHE_TLS_CA, _TLS_CERT, _TLS_KEY
                             files: certificates of the server's authority, this
                             machine's own, and its key
  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION,
  AWS_ENDPOINT_URL           for s3, as for AWS' own programs`

// newCacheprogCmd is gust cacheprog.
func (a *app) newCacheprogCmd() *cobra.Command {
	dir, verbose := "", false
	c := &cobra.Command{
		Use:   "cacheprog",
		Short: "go's build cache, shared between machines (GOCACHEPROG)",
		Long:  cacheprogHelp,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("cacheprog", "%q: gust cacheprog takes no arguments", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return a.cacheprog(c.Context(), dir, verbose) },
	}
	c.Flags().StringVar(&dir, "dir", "", "the cache on this machine (default: go env GOCACHE)")
	c.Flags().BoolVar(&verbose, "verbose", false, "say at the end what was found where")
	c.AddCommand(&cobra.Command{
		Use:   "key",
		Short: "print a new pair of keys",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			sign, check, err := remote.NewKey()
			if err != nil {
				return err
			}
			return a.print("GUST_REMOTE_CACHE_KEY=%s # a secret, for who may write\nGUST_REMOTE_CACHE_KEY=%s # for who may read\n", sign, check)
		},
	})
	return c
}

// cacheprog answers a go command. It must not fail for anything but the
// protocol: go would.
func (a *app) cacheprog(ctx context.Context, dir string, verbose bool) error {
	if a.term.InTTY() {
		return usageError("cacheprog", "stdin is a terminal, and no go command; set GOCACHEPROG=\"gust cacheprog\"")
	}
	a.setGC(cacheprog.GCPercent)
	dir, err := a.goCache(ctx, dir)
	if err != nil {
		return err
	}
	local, err := gocache.Open(dir, a.clock.Now)
	if err != nil {
		return err
	}
	s := &cacheprog.Server{Local: local, Now: a.clock.Now, Drain: remoteDrain}
	r, err := a.remoteCache("")
	if err != nil {
		a.warn("no remote cache: "+err.Error(), "run: gust cacheprog --help")
	} else if r != nil {
		s.Remote, s.ReadOnly = r.Client, !r.write
	}
	err = s.Serve(ctx, a.term.In, a.term.Out)
	a.noteRemote(s, r)
	if verbose {
		n, sent, notSent := &s.Stats, int64(0), int64(0)
		if s.Sender != nil {
			sent, notSent = s.Sender.Sent.Load(), s.Sender.NotSent.Load()
		}
		fmt.Fprintf(a.term.Err, "gust cacheprog: %d here, %d from the remote cache (%d bytes), %d missing, %d made, %d sent, %d not sent, %d wrong\n",
			n.Hits.Load(), n.RemoteHits.Load(), n.RemoteBytes.Load(), n.Misses.Load(), n.Puts.Load(), sent, notSent, n.Wrong.Load())
	}
	return err
}

// noteRemote takes note of what a server was good for, for gust cache stats. Losing
// that harms nothing but numbers.
func (a *app) noteRemote(s *cacheprog.Server, r *remoteClient) {
	if s.Remote == nil {
		return
	}
	n, q := &s.Stats, r.Requests()
	e := event.BuildRemote{
		Found: n.RemoteHits.Load(), ReceivedBytes: n.RemoteBytes.Load(), Wrong: n.Wrong.Load(),
		Lookups: q.Lookups, WaitNS: q.Wait.Nanoseconds(), SlowestNS: q.Slowest.Nanoseconds(), Failed: q.Failed,
	}
	if r.read {
		e.Missing = n.Misses.Load()
	}
	if s.Sender != nil {
		e.Sent, e.SentBytes, e.NotSent = s.Sender.Sent.Load(), s.Sender.SentBytes.Load(), s.Sender.NotSent.Load()
	}
	if e == (event.BuildRemote{}) {
		return
	}
	if c, err := a.cache(0); err == nil && os.MkdirAll(c.Dir, 0o777) == nil {
		_ = c.RecordRemote(r.Name(), e)
	}
}

// goCache is the directory of go's build cache. go tells its child nothing of
// what go env -w says, so it has to be asked.
func (a *app) goCache(ctx context.Context, dir string) (string, error) {
	if dir == "" {
		dir = a.term.Getenv("GOCACHE")
	}
	if dir == "" {
		g, err := a.findGo()
		if err != nil {
			return "", err
		}
		// go env starts no GOCACHEPROG.
		out, err := (&gocmd.Go{Path: g.Path, Env: g.Env}).Output(ctx, "env", "GOCACHE")
		if err != nil {
			return "", err
		}
		dir = strings.TrimSpace(string(out))
	}
	if dir == "off" || !filepath.IsAbs(dir) {
		return "", usageError("cacheprog", "GOCACHE is %q, and no absolute path", dir)
	}
	return dir, nil
}

// remoteDrain is how long the end of a command waits for what is to be sent.
const remoteDrain = 10 * time.Second

// remoteClient is a server, and what is wanted of it.
type remoteClient struct {
	*remote.Client
	read, write bool
	links       build.Links
}

// remoteModes are the names of modes.
func remoteModes() []string { return []string{"readwrite", "read", "write", "off"} }

// remoteMode reads the name of a mode.
func remoteMode(mode string) (read, write bool, err error) {
	switch mode {
	case "", "readwrite", "both":
		return true, true, nil
	case "read":
		return true, false, nil
	case "write":
		return false, true, nil
	case "off":
		return false, false, nil
	}
	return false, false, fmt.Errorf("%q is no mode; there are readwrite, read, write, off", mode)
}

// remoteCache is the server that the environment names, nil for none. The
// process's own environment counts, and nothing of the checkout's. A mode that
// is not empty counts instead of the environment's.
func (a *app) remoteCache(mode string) (*remoteClient, error) {
	get := func(name string) string { return lookup(a.env.process, name) }
	address, limit, err := a.remoteAddress()
	if address == "" || err != nil {
		return nil, err
	}
	o := remote.Options{URL: address, Token: get("GUST_REMOTE_CACHE_TOKEN"), Timeout: 5 * time.Second,
		Warn: func(text string) { a.warn(text, "") }}
	text := get("GUST_REMOTE_CACHE_KEY")
	if text == "" {
		return nil, errors.New("GUST_REMOTE_CACHE_KEY is not set, so nobody's entries can be believed")
	}
	if o.Key, err = remote.ParseKey(text); err != nil {
		return nil, fmt.Errorf("GUST_REMOTE_CACHE_KEY is %w: sign:…, check:… or anyone", err)
	}
	if mode == "" {
		mode = get("GUST_REMOTE_CACHE_MODE")
	}
	if o.Read, o.Write, err = remoteMode(mode); err != nil {
		return nil, fmt.Errorf("GUST_REMOTE_CACHE_MODE: %w", err)
	}
	switch {
	case !o.Read && !o.Write:
		return nil, nil
	case !o.Read && !o.Key.CanSign():
		return nil, errors.New("the mode is write, and GUST_REMOTE_CACHE_KEY cannot sign")
	}
	if value := get("GUST_REMOTE_CACHE_TIMEOUT"); value != "" {
		if o.Timeout, err = time.ParseDuration(value); err != nil || o.Timeout <= 0 {
			return nil, fmt.Errorf("GUST_REMOTE_CACHE_TIMEOUT: %q is no time", value)
		}
	}
	links, err := remoteLinks(get("GUST_REMOTE_CACHE_LINKS"), limit.Links)
	if err != nil {
		return nil, err
	}
	switch limit.Mode { // the project can only ask for less
	case "off":
		return nil, nil
	case "read":
		o.Write = false
	}
	if err := a.remoteOptions(&o); err != nil {
		return nil, err
	}
	r, err := remote.New(o)
	if err != nil {
		return nil, fmt.Errorf("GUST_REMOTE_CACHE: %w", err)
	}
	return &remoteClient{r, o.Read, o.Write && o.Key.CanSign(), links}, nil
}
