package suggest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// maxTestFiles bounds how many files are read for one key.
const maxTestFiles = 1000

// testFunc matches what go test takes for a test, a benchmark, a fuzz test or an
// example, without parsing: a file may be half written just then.
var testFunc = regexp.MustCompile(`(?m)^func ((?:(?:Test|Benchmark|Fuzz)(?:[^a-z(]\w*)?\(\w+ \*testing\.[TBF]|Example(?:[^a-z(]\w*)?\())`)

// Tests returns the test functions of the packages that patterns name, relative to
// dir, whose names begin with one of the kinds (Test, Benchmark, Fuzz,
// Example). Without patterns they are those of dir, or of everything below if
// it has none.
func Tests(dir string, patterns []string, kinds ...string) []string {
	if len(patterns) > 0 {
		return tests(folders(dir, patterns), kinds)
	}
	if found := tests([]string{dir}, kinds); len(found) > 0 {
		return found
	}
	return tests(folders(dir, []string{"./..."}), kinds)
}

func tests(dirs, kinds []string) []string {
	var found []string
	files := 0
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if !isSource(e.Name()) || !strings.HasSuffix(e.Name(), "_test.go") || files >= maxTestFiles {
				continue
			}
			files++
			found = append(found, testsOf(filepath.Join(dir, e.Name()), kinds)...)
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func testsOf(file string, kinds []string) []string {
	// A pipe or a device that is called like a test would keep the shell waiting.
	if !isFile(file) {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var found []string
	for _, m := range testFunc.FindAllSubmatch(data, -1) {
		name, _, _ := strings.Cut(string(m[1]), "(")
		if slices.ContainsFunc(kinds, func(k string) bool { return strings.HasPrefix(name, k) }) {
			found = append(found, name)
		}
	}
	return found
}
