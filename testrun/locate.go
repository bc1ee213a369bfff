package testrun

import (
	"regexp"
	"strconv"
	"strings"
)

// message is a line of t.Log or t.Error, and frame one of a traceback.
var (
	message = regexp.MustCompile(`(?m)(?:^|\s)([^\s:]+\.go):(\d+): `)
	frame   = regexp.MustCompile(`(?m)^\t(\S[^\n]*_test\.go):(\d+)(?: \+0x|$)`)
)

// maxSearched is how much of a test's output Locate looks at.
const maxSearched = 64 << 10

// Locate finds the place that the output of a failed test points to: the test
// file on top of a traceback, else the first message. file is as go printed
// it, relative to the package or absolute, and empty if there is none.
func Locate(output string) (file string, line int) {
	output = output[:min(len(output), maxSearched)]
	var m []string
	if strings.Contains(output, "goroutine ") {
		m = frame.FindStringSubmatch(output)
	}
	if m == nil {
		m = message.FindStringSubmatch(output)
	}
	if m == nil {
		return "", 0
	}
	line, err := strconv.Atoi(m[2])
	if err != nil {
		return "", 0 // no line has such a number
	}
	return m[1], line
}
