package cmd

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/git"
	"github.com/gust-go/gust/internal/stabletime"
	"github.com/gust-go/gust/internal/words"
)

// newCacheMtimesCmd is gust cache stable-mtimes.
func (a *app) newCacheMtimesCmd() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "stable-mtimes",
		Short: "make go test find cached results in a fresh checkout",
		Long: `Stable-mtimes gives all files of the git repository around the working directory
that git tracks, and their directories, times of modification that follow from
their contents. go wants the files that a test has read to have the same size and
time before it takes a cached result, and a fresh checkout has new times
(golang/go#58571). Run it in CI after the checkout, before gust test or go test.

Files that are edited later get the time of the edit, as always. Do not run it
beside programs that write files of the checkout, nor before tools that compare
times of sources and outputs, such as make.`,
		RunE: func(c *cobra.Command, _ []string) error {
			r, err := git.Open(c.Context(), ".", a.term.Environ)
			var known *fault.UserError
			if err != nil && !errors.As(err, &known) && c.Context().Err() == nil {
				err = fault.New(fault.Usage, "run it in a checkout, such as: gust cache stable-mtimes", "find what git tracks: %w", err)
			}
			if err != nil {
				return err
			}
			files, err := r.Tracked(c.Context())
			if err != nil {
				return err
			}
			done, err := stabletime.Set(c.Context(), r.Root, files)
			if err != nil {
				return err
			}
			e := event.CacheMtimes{Files: done.Files, Dirs: done.Dirs, Changed: done.Changed, Skipped: done.Skipped}
			a.rec.Emit(e)
			if asJSON {
				return a.emit(e)
			}
			return a.print("%s\n", mtimesText(done))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "write an event to stdout")
	return c
}

func mtimesText(done stabletime.Result) string {
	text := fmt.Sprintf("%s and %s have the time of their content, %d of them had another",
		words.Counts(done.Files, "file", "files"), words.Counts(done.Dirs, "directory", "directories"), done.Changed)
	if done.Skipped > 0 {
		text += fmt.Sprintf("; %d missing, changing or no files", done.Skipped)
	}
	return text
}

// newCacheKeyCmd is gust cache key.
func (a *app) newCacheKeyCmd() *cobra.Command {
	var prefix bool
	c := &cobra.Command{
		Use:   "key",
		Short: "print a name under which CI can keep the caches",
		Long: `Key prints a name for the caches of the module or workspace in the working
directory: the release of go, the platform, and a hash of what the modules
require. Two checkouts with the same name have most of what they build in common.
Contents are looked up by what they are made of, so a cache of another name costs
time and is never wrong.`,
		RunE: func(c *cobra.Command, _ []string) error {
			key, err := a.cacheKey(c.Context(), prefix)
			if err != nil {
				return err
			}
			return a.print("%s\n", key)
		},
	}
	c.Flags().BoolVar(&prefix, "prefix", false, "leave the hash out: what to restore if there is none of the whole name")
	return c
}

// cacheKey names the caches of what is in the working directory.
func (a *app) cacheKey(ctx context.Context, prefix bool) (string, error) {
	g, err := a.findGo()
	if err != nil {
		return "", err
	}
	env, err := g.EnvVars(ctx, "")
	if err != nil {
		return "", err
	}
	key := fmt.Sprintf("gust-%s-%s-%s-", env.GOVERSION, env.GOOS, env.GOARCH)
	key = strings.Map(plainKey, key)
	if prefix {
		return key, nil
	}
	if env.GOMOD == "" || env.GOMOD == os.DevNull {
		return "", fault.New(fault.Usage, "run: gust cache key --prefix", "there is no go.mod here whose requirements to hash")
	}
	// Of a workspace these are all modules.
	out, err := g.Output(ctx, "list", "-m", "-f", "{{.GoMod}}")
	if err != nil {
		return "", err
	}
	files := strings.FieldsFunc(string(out), func(r rune) bool { return r == '\n' || r == '\r' })
	slices.Sort(files)
	if env.GOWORK != "" && env.GOWORK != "off" {
		files = append(files, env.GOWORK)
	}
	h := sha256.New()
	for _, mod := range files {
		sum := strings.TrimSuffix(mod, filepath.Ext(mod)) + ".sum"
		for _, file := range []string{mod, sum} {
			data, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return "", fmt.Errorf("hash what the modules require: %w", err)
			}
			fmt.Fprintf(h, "%d\n%s", len(data), data)
		}
	}
	return fmt.Sprintf("%s%x", key, h.Sum(nil)[:8]), nil
}

// plainKey leaves of a version what every store of caches takes.
func plainKey(r rune) rune {
	if r == '-' || r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
		return r
	}
	return '_'
}
