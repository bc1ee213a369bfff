package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gust-go/gust/internal/isolation"
)

// buildFiles are where a project says how it is built.
var buildFiles = []string{
	"Makefile", "GNUmakefile", "makefile", "*.mk", "Taskfile.yml", "Taskfile.yaml", "justfile", "Justfile", "magefile.go",
	"*.sh", "scripts/*", "hack/*.sh", "build/*.sh", "Dockerfile", ".goreleaser.yml", ".goreleaser.yaml", "goreleaser.yaml",
	".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml",
}

// stampsTime finds -X with a time in it.
var stampsTime = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)-X[ ='"]+\S*(time|date)\S*=|-X[ ='"]+\S+=\S*(\$\(date|` + "`date" + `|\$\(shell date|\{\{ ?\.Date ?\}\})`)
})

// checkStamp looks for links that can never be reused.
func checkStamp(_ context.Context, f *facts) []Finding {
	var evidence []string
	if flags := f.env["GOFLAGS"]; stampsTime().MatchString(flags) {
		evidence = append(evidence, "GOFLAGS="+flags)
	}
	if f.mod.root != "" {
		for _, pattern := range buildFiles {
			files, _ := filepath.Glob(filepath.Join(f.mod.root, pattern))
			for _, file := range files {
				evidence = append(evidence, stampLines(file)...)
			}
		}
	}
	if len(evidence) == 0 {
		return nil
	}
	if len(evidence) > 5 {
		evidence = append(evidence[:5], fmt.Sprintf("and %d more", len(evidence)-5))
	}
	return []Finding{{ID: "stamp-time", Level: Warning, Text: "builds put the time into the program with -X", Evidence: evidence,
		Consequence: "every build links again and no two programs are the same",
		Fix:         "leave it out; runtime/debug.ReadBuildInfo has vcs.time, the time of the commit"}}
}

func stampLines(file string) []string {
	const most = 1 << 20
	info, err := os.Stat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > most {
		return nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var found []string
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		if stampsTime().MatchString(line) {
			found = append(found, fmt.Sprintf("%s:%d: %s", file, n, strings.TrimSpace(line)))
		}
	}
	return found
}

// checkCgo looks for the C compiler.
func checkCgo(_ context.Context, f *facts) []Finding {
	if f.env == nil {
		return nil
	}
	cc, _, _ := strings.Cut(f.env["CC"], " ")
	if cc == "" || f.lookPath(cc) {
		return nil
	}
	asked := f.origin("CGO_ENABLED")
	if f.env["CGO_ENABLED"] == "1" {
		return []Finding{{ID: "cgo", Level: Problem, Text: "cgo is on, and the C compiler " + cc + " is not in PATH", Evidence: slices.DeleteFunc([]string{asked, f.origin("CC"), "CC=" + f.env["CC"]}, func(s string) bool { return s == "" }),
			Consequence: "packages with C in them do not build", Fix: "install a C compiler (apt install gcc libc6-dev), or CGO_ENABLED=0"}}
	}
	return []Finding{{ID: "cgo", Level: Info, Text: "there is no C compiler, so cgo is off", Evidence: []string{"CC=" + f.env["CC"] + " is not in PATH"},
		Consequence: "packages with C in them lose those files, and -race does not work", Fix: "apt install gcc libc6-dev"}}
}

// lookPath reports whether a program can be found.
func (f *facts) lookPath(name string) bool {
	name = strings.Trim(name, `'"`)
	candidates := []string{name}
	if !strings.ContainsAny(name, `/\`) {
		candidates = nil
		for _, dir := range filepath.SplitList(f.getenv("PATH")) {
			candidates = append(candidates, filepath.Join(dir, name))
		}
	}
	return slices.ContainsFunc(candidates, func(path string) bool {
		if runtime.GOOS == "windows" && filepath.Ext(path) == "" {
			path += ".exe"
		}
		info, err := os.Stat(path)
		return err == nil && info.Mode().IsRegular() && (runtime.GOOS == "windows" || info.Mode().Perm()&0o111 != 0)
	})
}

// checkGit looks at what go needs to stamp programs with a revision.
func checkGit(_ context.Context, f *facts) []Finding {
	root := f.mod.root
	for root != "" {
		if _, err := os.Lstat(filepath.Join(root, ".git")); err == nil {
			break
		}
		if filepath.Dir(root) == root {
			return nil
		}
		root = filepath.Dir(root)
	}
	flags := f.env["GOFLAGS"]
	if root == "" || strings.Contains(flags, "-buildvcs=false") {
		return nil
	}
	if !f.lookPath("git") {
		return []Finding{{ID: "git-missing", Level: Info, Text: "git is not in PATH", Evidence: []string{root + " is a git checkout"},
			Consequence: "programs are built without a revision in them, and modules that are fetched directly fail", Fix: "apt install git"}}
	}
	owner, foreign := foreignOwner(root)
	if !foreign || f.safeDirectory(root) {
		return nil
	}
	return []Finding{{ID: "git-owner", Level: Problem, Text: "the checkout belongs to another user, and git refuses to look at it",
		Evidence: []string{root + " belongs to " + owner}, Consequence: "go build of a main package fails: error obtaining VCS status: exit status 128",
		Fix: "git config --global --add safe.directory " + root + ", if you trust what is in there; or go build -buildvcs=false"}}
}

// safeDirectory reads git's configuration for the exceptions to its rule.
func (f *facts) safeDirectory(root string) bool {
	home := f.getenv("HOME")
	xdg := f.getenv("XDG_CONFIG_HOME")
	if xdg == "" {
		xdg = filepath.Join(home, ".config")
	}
	files := []string{filepath.Join(f.Root, "/etc/gitconfig"), filepath.Join(xdg, "git", "config"), filepath.Join(home, ".gitconfig")}
	if global := f.getenv("GIT_CONFIG_GLOBAL"); global != "" {
		files = append(files, global)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		inSafe := false
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSpace(line)
			if strings.HasPrefix(line, "[") {
				inSafe = strings.EqualFold(strings.ReplaceAll(line, " ", ""), "[safe]")
				continue
			}
			key, value, _ := strings.Cut(line, "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			if inSafe && strings.EqualFold(strings.TrimSpace(key), "directory") &&
				(value == "*" || filepath.Clean(value) == root || strings.HasSuffix(value, "/*") && strings.HasPrefix(root, strings.TrimSuffix(value, "*"))) {
				return true
			}
		}
	}
	return false
}

// checkNamespaces finds out how far tests can be isolated from the machine: by
// trying where that is possible, else by the kernel's settings, which also explain a
// refusal.
func checkNamespaces(ctx context.Context, f *facts) []Finding {
	if runtime.GOOS != "linux" {
		return nil
	}
	var trial Trial
	if f.Namespaces != nil {
		trial = f.Namespaces(ctx)
	}
	if trial.Known && trial.Works {
		return nil
	}
	refused := Finding{ID: "userns", Level: Info, Text: "user namespaces are denied to programs without privilege",
		Consequence: "tests cannot be put into a sandbox", Fix: "gust kernel explain USERNS"}
	if trial.Level != "" {
		refused.Consequence = "gust test isolates tests with " + trial.Level + " only, not with full isolation"
	}
	if trial.Known {
		refused.Evidence = []string{trial.Detail}
	}
	knob := func(name string) string {
		data, _ := os.ReadFile(filepath.Join(f.Root, "/proc/sys", strings.ReplaceAll(name, ".", "/")))
		return strings.TrimSpace(string(data))
	}
	lack := isolation.Namespaces(isolation.Host{Sysctl: knob, Filtered: trial.Known && isolation.This().Filtered})
	if lack.Missing != "" {
		refused.Evidence = append(refused.Evidence, lack.Missing)
		refused.Fix = strings.TrimPrefix(lack.Action, "run: ")
	}
	if trial.Known || lack.Missing != "" {
		return []Finding{refused}
	}
	if knob("user.max_user_namespaces") == "" {
		return []Finding{{ID: "userns", Level: Unknown, Text: "the kernel does not say whether it allows user namespaces", Evidence: []string{"/proc/sys/user/max_user_namespaces cannot be read"},
			Consequence: "tests may not be put into a sandbox", Fix: "gust doctor explain userns"}}
	}
	return nil
}
