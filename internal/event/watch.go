package event

// States of a [Watch].
const (
	// WatchBuilding: a build has begun.
	WatchBuilding = "building"
	// WatchBuilt: the build succeeded.
	WatchBuilt = "built"
	// WatchFailed: the build failed; a program goes on as it was.
	WatchFailed = "failed"
	// WatchStarted: the program was started.
	WatchStarted = "started"
	// WatchUnchanged: the build left the program as it was, and running.
	WatchUnchanged = "unchanged"
	// WatchExited: the program ended by itself.
	WatchExited = "exited"
	// WatchStopping: the program was asked to end, a second ago, and has not;
	// WallNS is how long it may take.
	WatchStopping = "stopping"
	// WatchPolling: changes are looked for at intervals.
	WatchPolling = "polling"
	// WatchWaiting: nothing is to be done until something changes.
	WatchWaiting = "waiting"
)

// Watch reports what gust build --watch and gust run --watch are doing.
type Watch struct {
	// State is one of: building, built, failed, started, unchanged, exited,
	// stopping, polling, waiting.
	State string `json:"state"`
	// Path is a file whose change is behind a build, empty for the first
	// build and one that was asked for.
	Path string `json:"path,omitempty"`
	// Changes counts the files that have changed.
	Changes int `json:"changes,omitempty"`
	// Packages counts the local packages of the build, whose directories are
	// watched.
	Packages int `json:"packages,omitempty"`
	// WallNS is how long the build took, or the program may take to end.
	WallNS int64 `json:"wall_ns,omitempty"`
	// PID is the program's process.
	PID int `json:"pid,omitempty"`
	// Text tells how the program ended, or why it is polled.
	Text string `json:"text,omitempty"`
}

// EventType implements [Event].
func (Watch) EventType() string { return "watch" }
