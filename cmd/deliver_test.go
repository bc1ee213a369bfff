package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/gust-go/gust/internal/term"
)

// TestDeliver writes to files, to links, and to what is no file.
func TestDeliver(t *testing.T) {
	var out bytes.Buffer
	a := &app{term: &term.Term{Out: &out}}
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	for _, text := range []string{"long text", "text"} {
		if err := a.deliver(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != text {
			t.Errorf("file has %q, %v", got, err)
		}
	}
	if err := a.deliver("-", []byte("stdout")); err != nil || out.String() != "stdout" {
		t.Errorf("stdout got %q, %v", out.String(), err)
	}
	if err := a.deliver(dir, nil); err == nil {
		t.Error("a folder was written to")
	}
	if runtime.GOOS == "windows" {
		return // links take rights there, and pipes have no names in folders
	}
	link := filepath.Join(dir, "link")
	if err := os.Symlink("file", link); err != nil {
		t.Fatal(err)
	}
	if err := a.deliver(link, []byte("through a link")); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(link); err != nil || to != "file" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != "through a link" {
		t.Errorf("the link's file has %q, %v", got, err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	// What a shell makes of >(command), and a link that leads to no name.
	pipe := filepath.Join(dir, "pipe")
	if err := os.Symlink(fmt.Sprintf("/dev/fd/%d", w.Fd()), pipe); err != nil {
		t.Fatal(err)
	}
	if err := a.deliver(pipe, []byte("through a pipe")); err != nil {
		t.Fatal(err)
	}
	w.Close()
	if got, err := io.ReadAll(r); err != nil || string(got) != "through a pipe" {
		t.Errorf("the pipe has %q, %v", got, err)
	}
}
