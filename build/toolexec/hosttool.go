package toolexec

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// HostToolCommand is what gust is called where it stands in the place of a host's
// tool: the linker runs that by its first word alone, too.
const HostToolCommand = "gust-hosttool"

// A witness tells whether the linker has run a tool of the host: one that links, or
// says where its libraries are. What comes of such a link depends on the host. All of
// them are run by way of what -extld names (cmd/link/internal/ld in Go 1.24 to 1.27,
// for programs, not for archives), so that gust stands there and takes a mark away.
type witness struct {
	dir  string
	info os.FileInfo
}

// newWitness makes a witness with a directory of its own below dir.
func newWitness(dir string) (n *witness, err error) {
	n = &witness{}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if n.info, err = os.Stat(self); err != nil {
		return nil, err
	}
	if n.dir, err = os.MkdirTemp(dir, "host-*"); err != nil {
		return nil, err
	}
	return n, errors.Join(os.Symlink(self, n.tool()), os.WriteFile(n.mark(), nil, 0o666))
}

func (n *witness) tool() string { return filepath.Join(n.dir, HostToolCommand) }
func (n *witness) mark() string { return markOf(n.dir) }

func markOf(dir string) string { return filepath.Join(dir, "mark") }

// watch returns the linker's arguments with the witness in them. ok is false if they
// do not name one host's tool.
func (n *witness) watch(args []string, c *linkCall) (watched []string, ok bool) {
	count := 0
	for _, f := range c.flags {
		if f.name == "extld" {
			count++
		}
	}
	tool := strings.TrimSpace(c.named["extld"])
	if count != 1 || tool == "" || strings.ContainsAny(n.tool(), " \t\r\n'\"") {
		return nil, false
	}
	at, width := c.at["extld"], 1
	if !strings.Contains(args[at], "=") {
		width = 2
	}
	watched = append(watched, args[:at]...)
	watched = append(watched, "-extld="+n.tool()+" "+tool)
	return append(watched, args[at+width:]...), true
}

// silent reports whether no tool was run: the mark is there, and so is the gust that
// would have taken it away.
func (n *witness) silent() bool {
	info, err := os.Stat(n.tool())
	if err != nil || !os.SameFile(info, n.info) {
		return false
	}
	_, err = os.Lstat(n.mark())
	return err == nil
}

// HostTool is gust in the place of a host's tool. It takes the mark away. A tool that
// is asked where a library is, is run; a linker that wants anything else fails, and is
// started again without the witness.
func HostTool(name string, args []string) int {
	err := os.Remove(markOf(filepath.Dir(name)))
	asked := len(args) > 1 && strings.HasPrefix(args[len(args)-1], "--print-")
	if err != nil && !errors.Is(err, os.ErrNotExist) || !asked {
		return exitInternal
	}
	path, err := exec.LookPath(args[0])
	if err != nil && !errors.Is(err, exec.ErrDot) {
		fmt.Fprintln(os.Stderr, err)
		return exitInternal
	}
	return replaceAs(path, args)
}
