package link

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/gocache"
)

// alone answers go from the cache that its environment names.
func alone() error {
	local, err := gocache.Open(os.Getenv("GOCACHE"), time.Now)
	if err != nil {
		return err
	}
	return (&cacheprog.Server{Local: local, Now: time.Now}).Serve(context.Background(), os.Stdin, os.Stdout)
}

// Cacheprog is gust cacheprog where no server is set: go waits for it before it does
// anything. Where there is more to do or to say than to answer, it does nothing and
// done is false.
func Cacheprog() (code int, done bool) {
	dir := os.Getenv("GOCACHE")
	if os.Getenv("GUST_REMOTE_CACHE") != "" || !filepath.IsAbs(dir) {
		return 0, false
	}
	if info, err := os.Stdin.Stat(); err != nil || info.Mode()&os.ModeCharDevice != 0 {
		return 0, false
	}
	if _, err := gocache.Open(dir, time.Now); err != nil {
		return 0, false
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(cacheprog.GCPercent)
	}
	if err := alone(); err != nil {
		fmt.Fprintln(os.Stderr, "gust:", err)
		return 3, true
	}
	return 0, true
}
