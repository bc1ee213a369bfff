//go:build linux

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSandboxVersions: each release of go caches the results of tests in sandboxes,
// and runs them again when something has changed that they read, or a program that
// they started. What makes go cache them is no promise of go's (see withLog in
// package box), so that it has to be looked at for each release:
//
//	GUST_SANDBOX_VERSIONS=1 go test -run SandboxVersions ./cmd/gust
//
// The script test_sandbox does it for the release that runs the tests.
func TestSandboxVersions(t *testing.T) {
	if os.Getenv("GUST_SANDBOX_VERSIONS") == "" {
		t.Skip("compiles package testing for several releases; GUST_SANDBOX_VERSIONS=1 runs it")
	}
	for _, version := range append([]string{"local"}, testedGo...) {
		t.Run(version, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.MkdirAll(filepath.Join(dir, "m", "testdata"), 0o777); err != nil {
				t.Fatal(err)
			}
			for name, text := range sandboxVersionFiles {
				write(t, filepath.Join(dir, "m", name), text)
			}
			test := func(want string, args ...string) {
				t.Helper()
				cmd := exec.Command("gust", append([]string{"test", "--sandbox=auto", "--require-isolation=full"}, args...)...)
				cmd.Dir = filepath.Join(dir, "m")
				cmd.Env = append(os.Environ(), "GOTOOLCHAIN="+version, "GOFLAGS=", "GOWORK=off", "GOENV=off",
					"GOCACHE="+filepath.Join(dir, "gocache"), "GUST_CACHE="+filepath.Join(dir, "gustcache"), "HOME="+dir)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				if err := cmd.Run(); err != nil || strings.Contains(out.String(), "(1 cached)") != (want == "cached") {
					t.Errorf("error %v, want it %s:\n%s", err, want, &out)
				}
			}
			changes := 0
			change := func(name string) {
				t.Helper()
				file := filepath.Join(dir, "m", name)
				write(t, file, "changed")
				// go caches nothing that depends on what has just changed.
				changes++
				then := time.Now().Add(-time.Duration(changes) * time.Hour)
				if err := os.Chtimes(file, then, then); err != nil {
					t.Fatal(err)
				}
			}
			test("run", "./...")
			test("cached", "./...")
			change("testdata/read")
			test("run", "./...")
			test("cached", "./...")
			change("testdata/by-cat")
			test("run", "./...")
			test("cached", "./...")
			if version != "go1.24.13" { // which never caches them
				test("run", "-coverprofile=cover.out", "./...")
				test("cached", "-coverprofile=cover.out", "./...")
			}
			test("run", "-count=1", "./...")
		})
	}
}

// sandboxVersionFiles are a module for [TestSandboxVersions].
var sandboxVersionFiles = map[string]string{
	"go.mod":          "module example.com/m\n\ngo 1.24\n",
	"m.go":            "package m\n\nfunc F() {}\n",
	"testdata/read":   "a",
	"testdata/by-cat": "b",
	"m_test.go": `package m

import (
	"os"
	"os/exec"
	"testing"
)

func TestRead(t *testing.T) {
	F()
	if _, err := os.ReadFile("testdata/read"); err != nil {
		t.Fatal(err)
	}
	if err := exec.Command("cat", "testdata/by-cat").Run(); err != nil {
		t.Fatal(err)
	}
}
`,
}
