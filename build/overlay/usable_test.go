package overlay

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestUsable(t *testing.T) {
	tmp := t.TempDir()
	user, file := filepath.Join(tmp, "user"), filepath.Join(tmp, "file")
	write(t, filepath.Join(user, "README"), "go's cache")
	write(t, file, "")
	link := filepath.Join(tmp, "link")
	if err := os.Symlink(user, link); err != nil {
		t.Skip(err)
	}
	tests := []struct {
		name, user, dir string
		want            error
	}{
		{"off", "off", filepath.Join(tmp, "o"), ErrOff},
		{"empty", "", filepath.Join(tmp, "o"), ErrOff},
		{"relative user", "cache", filepath.Join(tmp, "o"), ErrNotAbsolute},
		{"relative overlay", user, "overlay", ErrNotAbsolute},
		{"user is a file", file, filepath.Join(tmp, "o"), ErrNotDirectory},
		{"overlay is a file", user, file, ErrNotDirectory},
		{"same", user, user, ErrNested},
		{"same by a link", user, link, ErrNested},
		{"inside", user, filepath.Join(user, "gust"), ErrNested},
		{"inside by a link", user, filepath.Join(link, "gust", "overlay"), ErrNested},
		{"around", user, tmp, ErrNested},
		{"below a file", user, filepath.Join(file, "overlay"), ErrUnwritable},
		{"fine", user, filepath.Join(tmp, "o"), nil},
		{"similar name", user, user + "-gust", nil},
		{"dots in the name", user, filepath.Join(tmp, "..overlay"), nil},
		{"no user's cache yet", filepath.Join(tmp, "fresh", "machine"), filepath.Join(tmp, "o"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := Usable(tt.user, tt.dir)
			var typed *UnusableError
			if !errors.Is(err, tt.want) || err != nil && !errors.As(err, &typed) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if _, syncErr := Sync(t.Context(), tt.user, tt.dir); (syncErr == nil) != (err == nil) {
				t.Errorf("Sync disagrees: %v", syncErr)
			}
		})
	}
	if exists(filepath.Join(user, "gust")) || exists(filepath.Join(tmp, "fresh")) {
		t.Error("something was created in the user's cache")
	}
	if info, err := os.Stat(filepath.Join(tmp, "o")); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("overlay: %v, %v", info.Mode(), err)
	}
}
