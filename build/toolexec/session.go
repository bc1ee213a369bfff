package toolexec

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/gust-go/gust/build/store"
	"github.com/gust-go/gust/internal/event"
)

// SessionVar is the environment variable through which `gust build` tells the
// wrapper processes below it what to do. Without it they only run the tool.
const SessionVar = "GUST_TOOLEXEC"

// A Session is what one build asks of its wrapper processes.
type Session struct {
	// Store is the directory of the store.
	Store string `json:"store"`
	// Log is the file that each wrapper appends an [Entry] to.
	Log string `json:"log"`
	// Relaxed accepts stored objects whose inlined frames may name stale lines.
	Relaxed bool `json:"relaxed,omitempty"`
	// NoReuse compiles always, and stores the results.
	NoReuse bool `json:"no_reuse,omitempty"`
	// Probe links nothing, so that nothing runs.
	Probe bool `json:"probe,omitempty"`
	// Verify compiles once more, plainly, whatever is about to be written and
	// fails the build if the bytes differ. For tests of gust itself.
	Verify bool `json:"verify,omitempty"`
	// GOROOT and GOMODCACHE hold sources that do not change between builds;
	// their compiles are not remembered.
	GOROOT     string `json:"goroot"`
	GOMODCACHE string `json:"gomodcache"`
	// Mixed says that packages of the module cache may import some that change.
	// Those that do are remembered, too.
	Mixed bool `json:"mixed,omitempty"`
	// Steps logs tool calls so that they can be made again, see [Step].
	Steps bool `json:"steps,omitempty"`
	// Failures is a directory in which failed compiles are noted, and found if
	// they are asked for again; empty for none.
	Failures string `json:"failures,omitempty"`
	// Share is the socket at which to ask for what the store lacks, see package
	// build/share; empty for nowhere.
	Share string `json:"share,omitempty"`
	// Module is the path of the main module; empty if packages that may change
	// have paths of other kinds, too.
	Module string `json:"module,omitempty"`
	// Describes has the compiles of all packages described for the Share.
	Describes bool `json:"describes,omitempty"`
	// Links has programs taken from the Share that another machine has linked, and
	// SendsLinks has those sent that it lacks, too.
	Links      bool `json:"links,omitempty"`
	SendsLinks bool `json:"sends_links,omitempty"`
	// Inspect has one compile described instead of made; nil for none.
	Inspect *Inspect `json:"inspect,omitempty"`
	// Starts logs when each tool is started, for --timings.
	Starts bool `json:"starts,omitempty"`
}

// Inspect says which compile to describe, and where to.
type Inspect struct {
	ImportPath string `json:"import_path"`
	File       string `json:"file"`
}

// Encode is s as the value of [SessionVar].
func (s Session) Encode() (string, error) {
	b, err := json.Marshal(s)
	return string(b), err
}

func sessionFromEnv() (*Session, error) {
	v := os.Getenv(SessionVar)
	if v == "" {
		return nil, errors.New("not started by gust")
	}
	s := new(Session)
	if err := json.Unmarshal([]byte(v), s); err != nil {
		return nil, fmt.Errorf("parse %s: %w", SessionVar, err)
	}
	return s, nil
}

// An Entry is one line of the session's log: what became of a tool call.
type Entry struct {
	event.BuildPackage
	// Tool is "compile", "vet" or "link"; of the last only the start is known, or
	// that it was not necessary.
	Tool string `json:"tool"`
	// Sources are the source files behind Reasons of kind "file".
	Sources []SourceChange `json:"sources,omitempty"`
	// Start is set, and nothing else, in the line that a tool begins with.
	Start *Start `json:"start,omitempty"`
	// Step is set, and nothing else, in the line that writes a call down.
	Step *Step `json:"step,omitempty"`
	// Linking is set, and nothing else, in the line that all else is compiled for.
	Linking bool `json:"linking,omitempty"`
	// Program is a program to be sent, if there is a Share.
	Program *Program `json:"program,omitempty"`
	// Stored are the entries of the store that are new, if there is a Share.
	Stored []Stored `json:"stored,omitempty"`
	// Warning is something that went wrong without harm.
	Warning string `json:"warning,omitempty"`
}

// A SourceChange names the two versions of a changed file in the store, either
// of which may be empty.
type SourceChange struct {
	Path string `json:"path"`
	Old  string `json:"old,omitempty"`
	New  string `json:"new,omitempty"`
}

// Stored names an entry of the store.
type Stored struct {
	Kind store.Kind `json:"kind"`
	Key  string     `json:"key"`
}

// log appends e to the session's log. One write of a line is atomic enough
// for files opened for appending; losing one costs an explanation only.
func (s *Session) log(e Entry) {
	if s.Log == "" {
		return
	}
	b, err := json.Marshal(e)
	if err != nil {
		return
	}
	f, err := os.OpenFile(s.Log, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o666)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.Write(append(b, '\n'))
}
