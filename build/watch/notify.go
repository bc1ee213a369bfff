package watch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

// A waker says when it is worth looking at the inputs again. It may do so in
// vain; what has changed is for snapshots to say.
type waker interface {
	// arm sets the directories to wake for. Those that do not exist are waited
	// for. It returns those that are new, of which what came into them before is not
	// told.
	arm(dirs map[string]bool) (added map[string]bool, err error)
	// wakes receives something after a change, once for several.
	wakes() <-chan struct{}
	close()
}

// notifier is told by the system.
type notifier struct {
	w  *fsnotify.Watcher
	c  chan struct{}
	wg sync.WaitGroup
}

func newNotifier() (waker, error) {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	n := &notifier{w: w, c: make(chan struct{}, 1)}
	n.wg.Add(1)
	go n.pump()
	return n, nil
}

func (n *notifier) wakes() <-chan struct{} { return n.c }

func (n *notifier) close() {
	_ = n.w.Close()
	n.wg.Wait()
}

// pump passes on that something has happened. An error is a reason to look as
// well: the system's queue may have been too short.
func (n *notifier) pump() {
	defer n.wg.Done()
	for {
		select {
		case e, ok := <-n.w.Events:
			if !ok {
				return
			}
			if e.Op == fsnotify.Chmod {
				continue // reading a file can do that
			}
		case _, ok := <-n.w.Errors:
			if !ok {
				return
			}
		}
		select {
		case n.c <- struct{}{}:
		default:
		}
	}
}

// arm compares with the system's list and not with its own, because a directory
// that was removed is gone from there.
func (n *notifier) arm(dirs map[string]bool) (added map[string]bool, err error) {
	want := map[string]bool{}
	for dir := range dirs {
		want[existing(dir)] = true
	}
	for _, have := range n.w.WatchList() {
		if !want[have] {
			_ = n.w.Remove(have) // it may be gone already
		}
		delete(want, have)
	}
	for dir := range want {
		if why := remote(dir); why != "" {
			return nil, fmt.Errorf("%q is on %s, which does not tell of changes made elsewhere", dir, why)
		}
		if err := n.w.Add(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return want, nil
}

// existing is dir or the nearest directory above it that exists.
func existing(dir string) string {
	for {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// poller wakes at intervals.
type poller struct {
	tick *time.Ticker
	c    chan struct{}
	quit chan struct{}
	wg   sync.WaitGroup
}

func newPoller(every time.Duration) waker {
	p := &poller{tick: time.NewTicker(every), c: make(chan struct{}, 1), quit: make(chan struct{})}
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		for {
			select {
			case <-p.quit:
				return
			case <-p.tick.C:
			}
			select {
			case p.c <- struct{}{}:
			default:
			}
		}
	}()
	return p
}

func (p *poller) arm(map[string]bool) (map[string]bool, error) { return nil, nil }

func (p *poller) wakes() <-chan struct{} { return p.c }

func (p *poller) close() {
	p.tick.Stop()
	close(p.quit)
	p.wg.Wait()
}
