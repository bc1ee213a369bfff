package lab

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestFreezeThawClaim(t *testing.T) {
	if _, err := exec.LookPath("cp"); err != nil {
		t.Skip("no cp command")
	}
	l := Lab{Work: t.TempDir(), Log: io.Discard}
	var err error
	if l.Sides, err = l.newSides("go", "gust", "exact"); err != nil {
		t.Fatal(err)
	}
	for _, s := range l.Sides {
		if err := os.MkdirAll(s.GoCache(), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ok(l.Freeze(t.Context(), "base"))
	ok(l.Claim([]string{"one", "two"}))
	if err := l.Claim([]string{"two", "three"}); !errors.Is(err, ErrBuilt) {
		t.Errorf("second claim: %v, want %v", err, ErrBuilt)
	}
	later := filepath.Join(l.Sides[1].GoCache(), "later")
	ok(os.WriteFile(later, nil, 0o644))

	ok(l.Freeze(t.Context(), "base")) // keeps the first copy
	ok(l.Thaw(t.Context(), "base"))
	if _, err := os.Stat(later); err == nil {
		t.Error("what was built later is still in the cache")
	}
	ok(l.Claim([]string{"two", "three"}))
	ok(l.Thaw(t.Context(), "no such copy"))
	if err := l.Claim([]string{"three"}); !errors.Is(err, ErrBuilt) {
		t.Errorf("claim after an empty thaw: %v, want %v", err, ErrBuilt)
	}
}

func TestFreezeKeepsNothingInTemporaryFolder(t *testing.T) {
	l := Lab{Work: t.TempDir(), Log: io.Discard, temp: true}
	var err error
	if l.Sides, err = l.newSides("go", "gust", "exact"); err != nil {
		t.Fatal(err)
	}
	if err := l.Freeze(t.Context(), "base"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(l.Work); err != nil || len(entries) != 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}
