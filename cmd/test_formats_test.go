package cmd

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// formats are those that gust shares with gotestsum.
func formats() []string {
	return []string{"dots", "dots-v2", "pkgname", "pkgname-and-test-fails", "testname", "testdox",
		"github-actions", "standard-quiet", "standard-verbose", "standard-json", "none"}
}

// gotestsum builds gotestsum at the version in go.mod, which is the oracle.
func gotestsum(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "gotestsum")
	if runtime.GOOS == "windows" {
		out += ".exe"
	}
	if text, err := exec.Command("go", "build", "-o", out, "gotest.tools/gotestsum").CombinedOutput(); err != nil {
		t.Fatalf("build gotestsum: %v\n%s", err, text)
	}
	return out
}

// streams are recorded runs of go test -json, of all releases.
func streams(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "streams", "*.json"))
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d streams, %v", len(files), err)
	}
	return files
}

// TestFormatsAreGotestsums compares what gust shows of every stream in every
// format with what gotestsum shows, byte for byte.
func TestFormatsAreGotestsums(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("needs cat")
	}
	oracle := gotestsum(t)
	for _, file := range streams(t) {
		for _, format := range formats() {
			for _, extra := range [][2][]string{
				{{"--no-color"}, {"--color=never"}},
				{{"--no-color=false", "--hide-summary=skipped", "--format-icons=hivis"}, {"--color=always", "--hide-summary=skipped", "--format-icons=hivis"}},
			} {
				if len(extra[0]) > 1 && !strings.Contains(file, "go1.26") {
					continue // the colours of one release will do
				}
				args := append([]string{"--format=" + format, "--raw-command"}, extra[0]...)
				cmd := exec.Command(oracle, append(args, "cat", file)...)
				want, err := cmd.Output() // reading fails at a package event of go 1.24
				if err != nil && len(want) == 0 {
					t.Fatalf("gotestsum %q: %v", args, err)
				}
				code, got, stderr := gust(t, &fakeBuild{}, nil, append(append([]string{"test", "report", "--format=" + format}, extra[1]...), file)...)
				if code > 1 {
					t.Fatalf("gust exits with %d: %s", code, stderr)
				}
				if got != string(want) && !(unordered(file) && slices.Equal(sortedLines(got), sortedLines(string(want)))) {
					t.Errorf("%s, %s %q: gust and gotestsum differ at\n%s", filepath.Base(file), format, extra[1], difference(got, string(want)))
				}
			}
		}
	}
}

// unordered reports whether several tests in a stream never end. gotestsum
// names those in the order of a map, another one each time.
func unordered(file string) bool {
	return strings.Contains(file, "-crashes") || strings.Contains(file, "-bench")
}

func sortedLines(s string) []string { return slices.Sorted(strings.SplitSeq(s, "\n")) }

// difference shows the first line where two texts differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "gust:      " + g[i] + "\ngotestsum: " + w[i]
		}
	}
	return "the end"
}

// TestDefaultFormat holds gust's own format to the files in testdata/gust.
func TestDefaultFormat(t *testing.T) {
	for _, file := range streams(t) {
		for _, args := range [][]string{nil, {"-v"}} {
			name := strings.TrimSuffix(filepath.Base(file), ".json") + strings.Join(args, "") + ".txt"
			code, got, stderr := gust(t, &fakeBuild{}, nil, append(append([]string{"test", "report"}, args...), file)...)
			if code > 1 || stderr != "" && !strings.Contains(name, "-build") {
				t.Errorf("%s: exit code %d, stderr %q", name, code, stderr)
			}
			if stderr != "" {
				got += "-- stderr --\n" + stderr // go says there why it cannot build
			}
			golden := filepath.Join("..", "testdata", "streams", "gust", name)
			if os.Getenv("GUST_UPDATE_SCRIPTS") != "" {
				if err := os.WriteFile(golden, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, []byte(got)) {
				t.Errorf("%s: differs at\n%s", name, difference(got, string(want)))
			}
		}
	}
}
