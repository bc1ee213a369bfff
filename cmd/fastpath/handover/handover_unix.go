//go:build unix

package handover

import (
	"os"
	"syscall"
)

// handOver returns if there is more to do than to run the tool, or if it cannot
// be run.
func handOver(tool string, argv []string) {
	for _, name := range []string{"GUST_CPUPROFILE", "GUST_MEMPROFILE", "GUST_TRACE"} {
		if os.Getenv(name) != "" {
			return
		}
	}
	if !indifferent(tool, argv[1:], os.Getenv("GUST_TOOLEXEC")) {
		return
	}
	if path := find(tool, os.Getenv("PATH")); path != "" {
		_ = syscall.Exec(path, argv, os.Environ())
	}
}

// indifferent reports whether package toolexec would only run the tool. The
// session is the text of toolexec.Session.Encode, in which quotes within values
// are escaped.
func indifferent(tool string, args []string, session string) bool {
	if session == "" {
		return true
	}
	name := tool
	for i := range tool {
		if tool[i] == '/' {
			name = tool[i+1:]
		}
	}
	for _, arg := range args {
		if arg == "-V=full" {
			return name != "link" || !contains(session, `"relaxed":true`)
		}
	}
	return name != "compile" && name != "vet" && name != "link" && !contains(session, `"starts":true`)
}

// find looks for a program as os/exec does, but for directories of PATH that
// are not absolute.
func find(tool, path string) string {
	if contains(tool, "/") {
		return tool
	}
	for path != "" {
		n := 0
		for n < len(path) && path[n] != ':' {
			n++
		}
		dir := path[:n]
		path = path[min(n+1, len(path)):]
		if dir == "" || dir[0] != '/' {
			return "" // os/exec has rules for these
		}
		file := dir + "/" + tool
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && syscall.Access(file, 1) == nil {
			return file
		}
	}
	return ""
}

// contains is that of package strings, for which this one must not wait.
func contains(s, part string) bool {
	for i := 0; i+len(part) <= len(s); i++ {
		if s[i:i+len(part)] == part {
			return true
		}
	}
	return false
}
