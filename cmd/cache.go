package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/words"
)

// cacheFlags are the flags of the cache commands; each has some of them.
type cacheFlags struct {
	json bool
	size string
	wait time.Duration
}

// newCacheCmd is gust cache.
func (a *app) newCacheCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "cache",
		Short: "show, trim, check or remove gust's cache",
		Long: `Cache looks after gust's cache, which gust cache dir names. Go's own cache, which
go env GOCACHE names, is not touched: most of gust's build cache is hard links to
it, which take no space of their own.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fault.New(fault.Usage, "run: gust cache --help", "gust cache has no command %q", args[0])
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.newCacheStatsCmd(), a.newCacheTrimCmd(), a.newCacheVerifyCmd(), a.newCacheCleanCmd(), a.newCacheDirCmd(),
		a.newCacheMtimesCmd(), a.newCacheKeyCmd())
	why := a.newCacheWhyCmd()
	for _, sub := range c.Commands() {
		sub.Args = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return fault.New(fault.Usage, "run: "+c.CommandPath()+" --help", "%s takes no arguments, such as %q", c.CommandPath(), args[0])
		}
		sub.Long += "\n\n" + cacheExitStatus
	}
	c.AddCommand(why)
	return c
}

// cacheExitStatus is the section of that name in the help of the cache commands.
const cacheExitStatus = `EXIT STATUS
  0    done
  1    verify found damaged entries
  2    wrong usage, or a directory that is not gust's cache
  3    gust itself failed, or running builds kept it from finishing`

func (a *app) newCacheDirCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "dir",
		Short: "print the folder of gust's cache",
		Long:  "Dir prints the folder of gust's cache, whether it exists or not: GUST_CACHE, or gust\nin the user's cache directory.",
		RunE: func(*cobra.Command, []string) error {
			c, err := a.cache(0)
			if err != nil {
				return err
			}
			return a.print("%s\n", c.Dir)
		},
	}
}

func (a *app) newCacheTrimCmd() *cobra.Command {
	var flags cacheFlags
	c := &cobra.Command{
		Use:   "trim",
		Short: "remove what was not used for longest, down to a size",
		Long: `Trim removes entries, those not used for longest first, until removing the rest
would free no more than the size limit. It also removes what killed builds left
behind. Builds do the same at most once an hour.

Nothing that a running build may be using is removed: trim waits for builds that
run, and says so if it has to give up.`,
		RunE: func(c *cobra.Command, _ []string) error {
			limit, err := a.cacheLimit(flags.size)
			if err != nil {
				return err
			}
			return a.cacheJob(c.Context(), flags, func(ctx context.Context, gc *cache.Cache) (event.CacheSummary, error) {
				done, err := gc.Trim(ctx, limit)
				return event.CacheSummary{Removed: done.Removed, FreedBytes: done.Freed, LeftBytes: done.After}, err
			}, func(s event.CacheSummary) string {
				return fmt.Sprintf("removed %s, freed %s; %s left, limit %s\n", words.Counts(s.Removed, "entry", "entries"),
					cache.FormatSize(s.FreedBytes), cache.FormatSize(s.LeftBytes), cache.FormatSize(limit))
			})
		},
	}
	c.Flags().StringVar(&flags.size, "max-size", "", `size to trim to, such as 500M, 2.5GiB or none (default $GUST_CACHE_SIZE or 10GiB)`)
	flags.add(c)
	return c
}

func (a *app) newCacheVerifyCmd() *cobra.Command {
	var flags cacheFlags
	c := &cobra.Command{
		Use:   "verify",
		Short: "hash every entry and drop the damaged ones",
		Long: `Verify reads all of gust's cache, reports every entry that is not what its name or
its checksum says, and drops it, which makes it a miss. Of a file that go's own
cache has as well only gust's name is dropped; go clean -cache drops the other.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.cacheJob(c.Context(), flags, func(ctx context.Context, gc *cache.Cache) (event.CacheSummary, error) {
				done, err := gc.Verify(ctx, damageSink{a, flags.json})
				s := event.CacheSummary{Checked: done.Checked, Damaged: done.Damaged, Removed: done.Dropped}
				if err == nil && done.Damaged > 0 {
					err = errDamaged
				}
				return s, err
			}, func(s event.CacheSummary) string {
				return fmt.Sprintf("%s checked, %d damaged, %d dropped\n", words.Counts(s.Checked, "entry", "entries"), s.Damaged, s.Removed)
			})
		},
	}
	flags.add(c)
	return c
}

func (a *app) newCacheCleanCmd() *cobra.Command {
	var flags cacheFlags
	c := &cobra.Command{
		Use:   "clean",
		Short: "remove gust's cache",
		Long: `Clean removes gust's cache: the files in its folder that are gust's by place and
name, and the folder if nothing else is in it. Links are removed, not followed.
Go's own cache stays; go clean -cache empties both.

It waits for running builds, and removes nothing if they do not end.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return a.cacheJob(c.Context(), flags, func(ctx context.Context, gc *cache.Cache) (event.CacheSummary, error) {
				done, err := gc.Clean(ctx)
				return event.CacheSummary{Removed: done.Removed, FreedBytes: done.Freed, Foreign: slashes(done.Foreign)}, err
			}, func(s event.CacheSummary) string {
				return fmt.Sprintf("removed %s, freed %s\n%s", words.Counts(s.Removed, "file", "files"),
					cache.FormatSize(s.FreedBytes), foreignText("left alone, not gust's", s.Foreign))
			})
		},
	}
	flags.add(c)
	return c
}

func (f *cacheFlags) add(c *cobra.Command) {
	c.Flags().BoolVar(&f.json, "json", false, "write events to stdout, one JSON object a line")
	c.Flags().DurationVar(&f.wait, "wait", 10*time.Second, "how long to wait for running builds")
}

// cacheJob runs a job on the cache and reports what came of it, which a job
// that had to leave something has as well.
func (a *app) cacheJob(ctx context.Context, flags cacheFlags,
	job func(context.Context, *cache.Cache) (event.CacheSummary, error), text func(event.CacheSummary) string) error {
	c, err := a.cache(flags.wait)
	if err == nil {
		err = c.Check(a.places(ctx))
	}
	var s event.CacheSummary
	if err == nil {
		s, err = job(ctx, c)
	}
	var busy *cache.InUseError
	switch {
	case errors.As(err, &busy):
		s.Kept = busy.Kept
		err = fault.New(fault.Internal, "end the builds, or wait for them: --wait=5m", "%w", err)
	case err != nil && !errors.Is(err, errDamaged):
		if flags.json {
			a.emitError(err)
		}
		return err
	}
	a.rec.Emit(s)
	if flags.json {
		if writeErr := a.emit(s); writeErr != nil {
			return writeErr
		}
		a.emitError(err)
		return err
	}
	return errors.Join(a.print("%s", text(s)), err)
}

// damageSink reports damaged entries as they are found.
type damageSink struct {
	a    *app
	json bool
}

// Emit writes the event.
func (d damageSink) Emit(e event.Event) {
	damage, ok := e.(event.CacheDamage)
	if d.json || !ok {
		_ = d.a.emit(e) // the summary will meet the same error
		return
	}
	text := damage.Path + ": " + damage.Why
	if damage.Dropped {
		text += "; dropped"
	}
	if damage.Shared {
		text += "; go's own cache may hold the same file: run go clean -cache"
	}
	_ = d.a.print("%s\n", text)
}

// cache is the cache of the environment.
func (a *app) cache(wait time.Duration) (*cache.Cache, error) {
	dir, err := cache.Dir(a.term.Getenv)
	if err != nil {
		return nil, fault.New(fault.Usage, "set GUST_CACHE to a directory of its own", "%w", err)
	}
	return &cache.Cache{Dir: dir, Wait: wait}, nil
}

// cacheLimit is the limit that the flag or else the environment sets.
func (a *app) cacheLimit(flag string) (int64, error) {
	limit, err := cache.LimitFrom(a.term.Getenv)
	if flag != "" {
		if limit, err = cache.ParseSize(flag); err != nil {
			err = fmt.Errorf("--max-size: %w", err)
		}
	}
	if err != nil {
		return 0, fault.New(fault.Usage, "run: gust cache trim --max-size=5GiB", "%w", err)
	}
	return limit, nil
}

// places are the directories that a cache must keep clear of. Without a go that
// answers, those of the environment have to do.
func (a *app) places(ctx context.Context) []cache.Place {
	places := a.knownPlaces()
	goCmd, err := a.findGo()
	if err != nil {
		return places
	}
	env, err := goCmd.EnvVars(ctx, "")
	if err != nil {
		return places
	}
	return append(places,
		cache.Place{Name: "GOCACHE", Path: env.GOCACHE},
		cache.Place{Name: "GOMODCACHE", Path: env.GOMODCACHE},
		cache.Place{Name: "GOROOT", Path: env.GOROOT})
}

// knownPlaces are those that need no go to be known.
func (a *app) knownPlaces() []cache.Place {
	return []cache.Place{
		{Name: "HOME", Path: a.term.Getenv("HOME")},
		{Name: "HOME", Path: a.term.Getenv("USERPROFILE")},
		{Name: "GOCACHE", Path: a.term.Getenv("GOCACHE")},
		{Name: "GOMODCACHE", Path: a.term.Getenv("GOMODCACHE")},
		{Name: "GOROOT", Path: a.term.Getenv("GOROOT")},
	}
}

// emit writes an event to stdout.
func (a *app) emit(e event.Event) error {
	data, err := event.Marshal(e)
	if err != nil {
		return err
	}
	return a.print("%s\n", data)
}

func (a *app) print(format string, args ...any) error {
	if _, err := fmt.Fprintf(a.term.Out, format, args...); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}

// foreignText lists a few of the paths in the folder that are not gust's.
func foreignText(what string, paths []string) string {
	list, more := cache.Visible(paths, 5)
	if len(list) == 0 {
		return ""
	}
	text := what + ": " + strings.Join(list, ", ")
	if more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "\n"
}

// slashes is the paths as events have them.
func slashes(paths []string) []string {
	list, _ := cache.Visible(paths, len(paths))
	return list
}
