package term

import (
	"errors"
	"os"
	"sync"

	"golang.org/x/term"
)

// ErrNoKeys means that keys cannot be read: stdin is no terminal, or belongs to
// another job.
var ErrNoKeys = errors.New("no terminal to read keys from")

// InTTY reports whether stdin is a terminal.
func (t *Term) InTTY() bool {
	f, ok := t.In.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Keys makes the terminal on stdin hand over each key as it is pressed, without
// showing it, and returns them. Keys that make signals still do, and output is
// treated as before. The caller must call Restore.
func (t *Term) Keys() (k *Keys, err error) {
	f, ok := t.In.(*os.File)
	if !ok || !t.InTTY() || !foreground(f) {
		return nil, ErrNoKeys
	}
	k = &Keys{f: f, pressed: make(chan byte)}
	if err := k.Resume(); err != nil {
		return nil, err
	}
	go k.read()
	return k, nil
}

// Keys is a terminal that hands over single keys.
type Keys struct {
	f       *os.File
	pressed chan byte

	mu  sync.Mutex
	old *mode // nil while the terminal is as it was
}

// Pressed is the keys. It is closed when there is nothing to read any more.
func (k *Keys) Pressed() <-chan byte { return k.pressed }

// Resume switches the terminal to single keys, again after a Restore.
func (k *Keys) Resume() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.old != nil {
		return nil
	}
	old, err := singleKeys(k.f)
	if err == nil {
		k.old = old
	}
	return err
}

// Restore switches the terminal back to how it was.
func (k *Keys) Restore() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.old != nil {
		restore(k.f, k.old)
		k.old = nil
	}
}

func (k *Keys) read() {
	defer close(k.pressed)
	b := make([]byte, 1)
	for awaitKey(k.f) {
		n, err := k.f.Read(b)
		if n > 0 {
			k.pressed <- b[0]
		}
		if err != nil || n == 0 {
			return
		}
	}
}
