package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gust-go/gust/build/cache"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/runlog"
)

// runsDir is where runs are recorded, below gust's cache.
const runsDir = "runs"

// record begins to record the run of a command. One that reports nothing
// leaves nothing behind.
func (a *app) record(args []string) {
	commands := []string{"build", "install", "run", "test", "kernel", "doctor", "tags"}
	if len(args) == 0 || !slices.Contains(commands, args[0]) {
		return
	}
	log, ok := a.runLog()
	if !ok {
		return
	}
	dir, err := os.Getwd()
	if err != nil {
		return
	}
	begin := event.RunBegin{Command: args[0], Args: args[1:], Dir: dir, Root: moduleRoot(dir)}
	a.rec = log.New(begin, a.clock.Now)
}

// recorded ends what record began. That it cannot be recorded, as on a disk that
// is full, is no concern of the command's: what needs its cache says so itself.
func (a *app) recorded(code int) { _ = a.rec.End(code) }

// runLog is where runs are recorded; ok is false if none are to be.
func (a *app) runLog() (log runlog.Log, ok bool) {
	setting := a.term.Getenv("GUST_RUN_LOG")
	if setting == "off" {
		return log, false
	}
	c, err := a.cache(0)
	if err != nil || c.Check(a.knownPlaces()) != nil {
		return log, false // builds will say what is wrong with it
	}
	log.Dir = filepath.Join(c.Dir, runsDir)
	// A size that cannot be read is not worth failing a build for.
	if size, err := cache.ParseSize(setting); err == nil && size > 0 {
		log.MaxBytes = size
	}
	return log, true
}

// recording hands events to sinks and to the record of the run.
func (a *app) recording(to ...event.Sink) event.Sink {
	if a.rec == nil {
		return sinks(to)
	}
	return sinks(append(to, a.rec))
}

// outputSink makes events of what is written.
type outputSink struct{ sink event.Sink }

// Write implements io.Writer.
func (o outputSink) Write(p []byte) (int, error) {
	o.sink.Emit(event.BuildOutput{Text: strings.ToValidUTF8(string(p), "\uFFFD")})
	return len(p), nil
}

// moduleRoot is the directory of the workspace, or else of the module, that dir
// is in. It only groups runs, so GOWORK and -C need not be asked.
func moduleRoot(dir string) string {
	module := ""
	for {
		if isFile(filepath.Join(dir, "go.work")) {
			return dir
		}
		if module == "" && isFile(filepath.Join(dir, "go.mod")) {
			module = dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return module
		}
		dir = parent
	}
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Mode().IsRegular()
}
