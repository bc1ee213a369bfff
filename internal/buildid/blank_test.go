package buildid

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// platforms are one for each of ELF, Mach-O and PE.
var platforms = []string{"linux/amd64", "darwin/arm64", "windows/amd64"}

// TestBlankHidesOnlyTheBuildID links the same program twice with different
// IDs, as two different ways to build it would.
func TestBlankHidesOnlyTheBuildID(t *testing.T) {
	for _, platform := range platforms {
		t.Run(platform, func(t *testing.T) {
			first := link(t, platform, strings.Repeat("a", 40)+"/x", "one")
			second := link(t, platform, strings.Repeat("b", 40)+"/y", "one")
			other := link(t, platform, strings.Repeat("a", 40)+"/x", "two")
			if a, b := read(t, first), read(t, second); bytes.Equal(a, b) {
				t.Fatal("the binaries are equal before their IDs are blanked")
			}
			a, b, c := blank(t, first), blank(t, second), blank(t, other)
			if !bytes.Equal(a, b) {
				t.Errorf("the binaries differ at %d", difference(a, b))
			}
			if bytes.Equal(a, c) {
				t.Error("different programs are equal after blanking")
			}
			if raw := read(t, first); len(raw) != len(a) {
				t.Errorf("blanking changed the length from %d to %d", len(raw), len(a))
			}
		})
	}
}

// link builds a program for a platform with a build ID of our choice.
func link(t *testing.T, platform, id, text string) string {
	t.Helper()
	dir := t.TempDir()
	source := "package main\n\nfunc main() { println(\"" + text + "\") }\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	goos, goarch, _ := strings.Cut(platform, "/")
	cmd := exec.Command("go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-buildid="+id, "-o", out, "main.go")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0", "GOFLAGS=", "GO111MODULE=off")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, text)
	}
	return out
}

func TestBlankArchive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.a")
	archive := "!<arch>\n__.PKGDEF       `\ngo object linux amd64 go1.26 X:none\nbuild id \"abc/def\"\n\n$$B\nbuild id \"abc\x00\n"
	if err := os.WriteFile(file, []byte(archive), 0o666); err != nil {
		t.Fatal(err)
	}
	want := strings.Replace(archive, "abc/def", "\x00\x00\x00\x00\x00\x00\x00", 1)
	if got := blank(t, file); string(got) != want {
		t.Errorf("Blank = %q, want %q", got, want)
	}
}

func TestBlankTruncated(t *testing.T) {
	file := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(file, []byte("\x7fELF\x02\x01"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Blank(file); err == nil {
		t.Error("a truncated ELF file gave no error")
	}
}

func TestBlankMissing(t *testing.T) {
	if _, err := Blank(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error = %v, want one of a missing file", err)
	}
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func blank(t *testing.T, file string) []byte {
	t.Helper()
	data, err := Blank(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func difference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
