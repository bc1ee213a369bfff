package box

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/gust-go/gust/internal/limit"
	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// patience is how long a test has that is asked to say where it hangs.
const patience = 5 * time.Second

// watchOutside ends a test that takes too long, or writes too much to the disk.
// It writes to dirs; ask sends a signal to the test, end ends all of it.
func (w *wrapper) watchOutside(dirs []string, ask func(syscall.Signal), end func()) (stop func()) {
	done := make(chan struct{})
	outside := guard{limits: w.limits, end: end}
	w.outside = &outside
	if most, ok := w.limits.Of(limit.Time); ok {
		go func() {
			select {
			case <-done:
			case <-time.After(time.Duration(most)):
				outside.note(Hit{Name: limit.Time, Value: most, Killed: true})
				ask(syscall.SIGQUIT)
				select {
				case <-done:
				case <-time.After(patience):
					end()
				}
			}
		}()
	}
	if most, ok := w.limits.Of(limit.Disk); ok {
		_, asked := w.spec.Limits.Of(limit.Disk)
		go outside.watchDisk(dirs, most, asked, done)
	}
	return func() { close(done) }
}

// watchDisk looks how much is in directories of one disk. Adding it up takes long if there is
// much, so it is done when the disk has lost as much space as may still be
// written, and rarely besides if somebody has asked for the limit: others may have given
// space back. It is not done without need, since a test that watches one of the directories
// (inotify) hears of it.
func (g *guard) watchDisk(dirs []string, most int64, asked bool, done <-chan struct{}) {
	before, ok := freeSpace(dirs[0])
	if !ok {
		return
	}
	tick := time.NewTicker(longest)
	defer tick.Stop()
	next, used := time.Now().Add(rarely), int64(0)
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		began := time.Now()
		free, _ := freeSpace(dirs[0])
		if before-free < most-used && (!asked || began.Before(next)) {
			continue
		}
		used = 0
		for _, dir := range dirs {
			used += diskUse(dir)
		}
		if used > most {
			g.kill(limit.Disk, most)
			return
		}
		before, next = free, began.Add(max(rarely, 20*time.Since(began)))
	}
}

// rarely is how often what was written is added up in any case.
const rarely = 2 * time.Second

// diskUse is what the files below a directory take.
func diskUse(dir string) int64 {
	var total int64
	seen := make(map[uint64]bool)
	_ = fspath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // it is gone, or closed to us
		}
		info, err := d.Info()
		if err != nil {
			return nil
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Nlink > 1 && !d.IsDir() && seen[st.Ino] {
			return nil
		}
		if st.Nlink > 1 && !d.IsDir() {
			seen[st.Ino] = true
		}
		total += st.Blocks * 512
		return nil
	})
	return total
}
