//go:build linux && (amd64 || arm64)

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// measureSuite compares runs of a module of many small packages: all tests run, and
// all results cached.
func measureSuite(out io.Writer, gust, dir string, packages, rounds int) error {
	gust, err := filepath.Abs(gust)
	if err != nil {
		return err
	}
	dir = filepath.Join(dir, "suite")
	if err := makeSuite(dir, packages); err != nil {
		return err
	}
	sides := []*side{
		{name: "go test", argv: []string{"go", "test"}},
		{name: "gust test --sandbox=off", argv: []string{gust, "test", "--sandbox=off"}},
		{name: "gust test --sandbox=auto", argv: []string{gust, "test", "--sandbox=auto"}},
	}
	for round := range rounds + 1 {
		for _, s := range sides {
			run, err := s.suite(dir, "-count=1")
			if err != nil {
				return err
			}
			if _, err := s.suite(dir); err != nil { // what is cached now
				return err
			}
			cached, err := s.suite(dir)
			if err != nil {
				return err
			}
			if round == 0 {
				continue // compiles, and fills caches
			}
			s.starts, s.calls = append(s.starts, run), append(s.calls, cached)
		}
	}
	for _, s := range sides {
		fmt.Fprintf(out, "%-26s %d packages %6.0f ms (%.2f)   cached %6.0f ms (%.2f)\n", s.name, packages,
			ms(s.starts), ms(s.starts)/ms(sides[0].starts), ms(s.calls), ms(s.calls)/ms(sides[0].calls))
	}
	return nil
}

// suite runs all tests. Without flags, all have to be cached the second time.
func (s *side) suite(dir string, flags ...string) (time.Duration, error) {
	args := append(append(append([]string{}, s.argv[1:]...), flags...), "./...")
	cmd := exec.CommandContext(context.Background(), s.argv[0], args...)
	var out bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &out
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("%s: %w: %s", s.name, err, &out)
	}
	return time.Since(began), nil
}

// makeSuite writes a module whose packages have two tests each, one of which
// writes a file.
func makeSuite(dir string, packages int) error {
	files := map[string]string{"go.mod": "module example.com/suite\n\ngo 1.24\n"}
	for i := range packages {
		name := fmt.Sprintf("p%03d", i)
		files[name+"/p.go"] = "package " + name + "\n\nfunc Add(a, b int) int { return a + b }\n"
		files[name+"/p_test.go"] = strings.ReplaceAll(suiteTest, "NAME", name)
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

const suiteTest = `package NAME

import (
	"os"
	"path/filepath"
	"testing"
)

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Fatal("wrong")
	}
}

func TestFile(t *testing.T) {
	if err := os.WriteFile(filepath.Join(t.TempDir(), "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
}
`
