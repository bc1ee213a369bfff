package toolexec

import (
	"path/filepath"
	"time"
)

// A Start says that a tool was started.
type Start struct {
	// Name is that of the tool: compile, asm, link and so on.
	Name string `json:"name"`
	// ImportPath is the package as go prints it.
	ImportPath string `json:"import_path"`
	// Dir is the work directory of cmd/go's action, or one below it.
	Dir string `json:"dir"`
	// At is the time.
	At time.Time `json:"at"`
}

// logStart notes that the tool starts. That it ends cannot be told where it
// replaces this process; cmd/go runs the tools of an action one after another,
// so it ends when the next one starts, or with the action.
func (w *wrapper) logStart(name string) {
	w.log(Entry{Start: &Start{Name: name, ImportPath: importPath(""), Dir: actionDir(w.args), At: w.start}})
}

// actionDir finds the action's directory in the arguments of a tool: it is
// where the tool writes, or where the file is that tells vet what to do.
func actionDir(args []string) string {
	for i, a := range args[:max(0, len(args)-1)] {
		switch a {
		case "-o":
			return filepath.Dir(args[i+1])
		case "-objdir":
			return filepath.Clean(args[i+1])
		}
	}
	if len(args) == 0 {
		return ""
	}
	return filepath.Dir(args[len(args)-1])
}
