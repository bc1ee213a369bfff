package doctor

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// startFiles are what shells read when they start, below home and the
// system's root.
func (f *facts) startFiles() []string {
	home := f.getenv("HOME")
	var files []string
	for _, pattern := range []string{
		"/etc/environment", "/etc/profile", "/etc/profile.d/*.sh", "/etc/bash.bashrc", "/etc/zshenv", "/etc/zprofile",
		"/etc/zshrc", "/etc/zsh/zshenv", "/etc/zsh/zprofile", "/etc/zsh/zshrc", "/etc/fish/config.fish", "/etc/fish/conf.d/*.fish",
	} {
		found, _ := filepath.Glob(filepath.Join(f.Root, pattern))
		files = append(files, found...)
	}
	if !filepath.IsAbs(home) {
		return files
	}
	for _, pattern := range []string{
		".profile", ".bash_profile", ".bash_login", ".bashrc", ".zshenv", ".zprofile", ".zshrc", ".zlogin",
		".config/fish/config.fish", ".config/fish/conf.d/*.fish",
	} {
		found, _ := filepath.Glob(filepath.Join(home, pattern))
		files = append(files, found...)
	}
	return files
}

// pathPatterns find the usual ways to change PATH in a line. They are made
// when they are needed: no other command has use for them.
var pathPatterns = sync.OnceValue(func() (p struct{ assign, zshArray, fishSet, fishAdd *regexp.Regexp }) {
	p.assign = regexp.MustCompile(`(?:^|[\s;&])(?:export\s+)?PATH=("[^"]*"|'[^']*'|[^\s;#&]*)`)
	p.zshArray = regexp.MustCompile(`(?:^|[\s;])path=\(([^)]*)\)`)
	p.fishSet = regexp.MustCompile(`(?:^|[\s;])set\s+(?:-\S+\s+)*PATH\s+([^;#]*)`)
	p.fishAdd = regexp.MustCompile(`(?:^|[\s;])fish_add_path\s+([^;#]*)`)
	return p
})

// A pathEdit is a line that changes PATH.
type pathEdit struct {
	before []string // directories put in front
	resets bool     // what PATH held is gone
}

// editOfPath understands the usual ways to change PATH, in one line.
func (f *facts) editOfPath(line string) (pathEdit, bool) {
	line = strings.TrimSpace(line)
	if strings.HasPrefix(line, "#") {
		return pathEdit{}, false
	}
	var parts []string
	switch {
	case pathPatterns().fishAdd.MatchString(line):
		args := strings.Fields(pathPatterns().fishAdd.FindStringSubmatch(line)[1])
		if slices.Contains(args, "-a") || slices.Contains(args, "--append") {
			return pathEdit{}, false
		}
		args = slices.DeleteFunc(args, func(s string) bool { return strings.HasPrefix(s, "-") })
		return pathEdit{before: f.expand(args)}, true
	case pathPatterns().fishSet.MatchString(line):
		parts = strings.Fields(pathPatterns().fishSet.FindStringSubmatch(line)[1])
	case pathPatterns().zshArray.MatchString(line):
		parts = strings.Fields(pathPatterns().zshArray.FindStringSubmatch(line)[1])
	case pathPatterns().assign.MatchString(line):
		parts = strings.Split(strings.Trim(pathPatterns().assign.FindStringSubmatch(line)[1], `"'`), ":")
	default:
		return pathEdit{}, false
	}
	at := slices.IndexFunc(parts, func(s string) bool {
		s = strings.Trim(s, `"`)
		return s == "$PATH" || s == "${PATH}" || s == "$path" || strings.HasPrefix(s, "${PATH")
	})
	if at < 0 {
		return pathEdit{before: f.expand(parts), resets: true}, true
	}
	return pathEdit{before: f.expand(parts[:at])}, true
}

// expand writes HOME out.
func (f *facts) expand(dirs []string) []string {
	home := f.getenv("HOME")
	var all []string
	for _, dir := range dirs {
		dir = strings.Trim(dir, `"'`)
		if rest, ok := strings.CutPrefix(dir, "~"); ok {
			dir = home + rest
		}
		dir = strings.NewReplacer("${HOME}", home, "$HOME", home).Replace(dir)
		if dir != "" {
			all = append(all, dir)
		}
	}
	return all
}

// checkStartFiles names the lines that bring about the order of PATH.
func checkStartFiles(_ context.Context, f *facts) []Finding {
	first, newest := f.first(), f.newest()
	if first == nil || newest == nil || first == newest {
		return nil
	}
	var evidence []string
	for _, file := range f.startFiles() {
		data, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		n := 0
		for line := range strings.Lines(string(data)) {
			n++
			edit, ok := f.editOfPath(line)
			if !ok {
				continue
			}
			if !hasDir(edit.before, first.path) || hasDir(edit.before, newest.path) {
				continue
			}
			text := fmt.Sprintf("%s:%d: %s", file, n, strings.TrimSpace(line))
			if edit.resets {
				text += " (what PATH held is gone)"
			}
			evidence = append(evidence, text)
		}
	}
	if len(evidence) == 0 {
		return nil
	}
	return []Finding{{ID: "shell-path", Level: Warning, Text: "start files of shells put " + first.path + " in front of " + newest.path,
		Evidence: evidence, Consequence: "the older go runs in every new shell, whatever is done to PATH by hand",
		Fix: "edit the lines above so that " + filepath.Dir(newest.path) + " comes first"}}
}

// hasDir reports whether the directory of a program is on the list.
func hasDir(dirs []string, program string) bool {
	want := filepath.Dir(program)
	return slices.ContainsFunc(dirs, func(dir string) bool { return filepath.Clean(dir) == want })
}
