// Package standin lets a test binary stand in for gust: it runs go with
// gust's flags taken out and ends with the summary event that gust writes.
// Only tests import it.
package standin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Variable makes a test binary that calls [Main] first act as gust.
const Variable = "BENCH_STANDIN"

// Main acts as gust and exits if [Variable] is set. The value "fail" makes
// every build fail in a way that go's does not.
func Main() {
	mode := os.Getenv(Variable)
	if mode == "" {
		return
	}
	var args []string
	for _, arg := range os.Args[1:] {
		if arg != "--json" && !strings.HasPrefix(arg, "--lines=") {
			args = append(args, arg)
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	code := 0
	var exit *exec.ExitError
	if err := cmd.Run(); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 3
	}
	if mode == "fail" {
		code = 3
	}
	fmt.Printf(`{"v":1,"type":"build.summary","compiled":1,"reused":2,"relinked":3,"exit_code":%d}`+"\n", code)
	os.Exit(code)
}

// SeedCache returns a build cache that holds what every program needs, so
// that the sides of a test do not compile the runtime one after the other.
func SeedCache(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "main.go")
	if err := os.WriteFile(file, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(dir, "cache")
	cmd := exec.Command("go", "build", "-o", filepath.Join(dir, "program"), file)
	cmd.Env = append(os.Environ(), "GOCACHE="+cache)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("fill the seed cache: %v\n%s", err, out)
	}
	return cache
}
