//go:build unix

package overlay

import (
	"errors"
	"os"
	"testing"
)

func TestUnwritable(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	user, dir := pair(t)
	if err := os.MkdirAll(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := Usable(user, dir); !errors.Is(err, ErrUnwritable) {
		t.Errorf("got %v", err)
	}
}

func TestForeign(t *testing.T) {
	user, dir := pair(t)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := Usable(user, dir); err != nil {
		t.Errorf("own directory: got %v", err)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give a directory away")
	}
	if err := os.Chown(dir, 65534, 65534); err != nil {
		t.Skip(err)
	}
	if err := Usable(user, dir); !errors.Is(err, ErrForeign) {
		t.Errorf("world-writable: got %v", err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Usable(user, dir); err != nil {
		t.Errorf("not world-writable: got %v", err)
	}
}
