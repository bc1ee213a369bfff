package process

import (
	"context"
	"io"
	"os/exec"
)

// Foreground is a command that has the terminal while it runs, such as an
// editor: it stays in this process's group.
type Foreground struct{ cmd *exec.Cmd }

// NewForeground prepares a command, in a directory and with an environment.
func NewForeground(ctx context.Context, argv []string, dir string, env []string) *Foreground {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = dir, env
	return &Foreground{cmd}
}

// Run runs it.
func (f *Foreground) Run() error { return f.cmd.Run() }

// SetStdin says what it reads.
func (f *Foreground) SetStdin(r io.Reader) { f.cmd.Stdin = r }

// SetStdout says where it writes.
func (f *Foreground) SetStdout(w io.Writer) { f.cmd.Stdout = w }

// SetStderr says where it complains.
func (f *Foreground) SetStderr(w io.Writer) { f.cmd.Stderr = w }
