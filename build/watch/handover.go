package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// program is what go run would have run.
type program struct {
	// Command is the executable, behind the user's own -exec program if there
	// is one, and the arguments.
	Command []string
	// Exe is the index of the executable in Command.
	Exe int
	// Dir and PATH are what go run has for it.
	Dir, PATH string
}

const handoverName = "program.json"

// HandOver is what gust does as go's -exec program: it puts the executable, and
// how to run it, into a directory. The arguments are that directory, the number
// of words of the user's own -exec program, those words, the executable and its
// arguments.
func HandOver(args []string, path string) error {
	if len(args) < 3 {
		return errors.New("too few arguments")
	}
	dir, rest := args[0], args[2:]
	n := 0
	if _, err := fmt.Sscanf(args[1], "%d", &n); err != nil || n < 0 || n >= len(rest) {
		return fmt.Errorf("bad number of words %q", args[1])
	}
	wd, err := os.Getwd()
	if err != nil {
		return err
	}
	exe := filepath.Join(dir, filepath.Base(rest[n]))
	if err := linkOrCopy(rest[n], exe); err != nil {
		return fmt.Errorf("take the program over: %w", err)
	}
	p := program{Command: append([]string{}, rest...), Exe: n, Dir: wd, PATH: path}
	p.Command[n] = exe
	b, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, handoverName), b, 0o600)
}

// linkOrCopy leaves go free to remove its file.
func linkOrCopy(from, to string) error {
	if os.Link(from, to) == nil {
		return nil
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// takeOver reads what HandOver left.
func takeOver(dir string) (*program, error) {
	b, err := os.ReadFile(filepath.Join(dir, handoverName))
	if err != nil {
		return nil, fmt.Errorf("go run has not handed its program over: %w", err)
	}
	p := new(program)
	if err := json.Unmarshal(b, p); err != nil {
		return nil, fmt.Errorf("go run has not handed its program over: %w", err)
	}
	if p.Exe < 0 || p.Exe >= len(p.Command) {
		return nil, errors.New("go run has not handed its program over")
	}
	return p, nil
}
