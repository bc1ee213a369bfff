package link

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/gust-go/gust/build/cacheprog"
	"github.com/gust-go/gust/build/cacheprog/quick"
	"github.com/gust-go/gust/build/gocache"
)

// alone answers go from a cache. Some of what go has written may have been read, and
// go been greeted.
func alone(dir string, read []byte, greeted bool) error {
	local, err := gocache.Open(dir, time.Now)
	if err != nil {
		return err
	}
	in := io.MultiReader(bytes.NewReader(read), os.Stdin)
	return (&cacheprog.Server{Local: local, Now: time.Now, Greeted: greeted}).Serve(context.Background(), in, os.Stdout)
}

// Cacheprog is gust cacheprog where no server is set: go waits for it before it does
// anything. Where there is more to do or to say than to answer, it does nothing and
// done is false. What package quick has read before, and whether it has greeted go, is in
// read and greeted.
func Cacheprog(read []byte, greeted bool) (code int, done bool) {
	dir := quick.Dir()
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
	if err := alone(dir, read, greeted); err != nil {
		fmt.Fprintln(os.Stderr, "gust:", err)
		return 3, true
	}
	return 0, true
}
