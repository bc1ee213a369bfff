// Package workflow writes what GitHub Actions reads of a step's output: workflow
// commands, which it shows as annotations at the lines of a change. Commands that
// have findings render them with it, after what people read.
package workflow

import (
	"fmt"
	"strings"
)

// The levels of annotations.
const (
	Error   = "error"
	Warning = "warning"
	Notice  = "notice"
)

// An Annotation is one remark. GitHub shows ten of each level and step.
type Annotation struct {
	Level string
	// File is relative to the root of the repository, with slashes; "" puts the
	// remark on the run as a whole.
	File string
	// Line counts from 1. 0 stands for the file.
	Line        int
	Title, Text string
}

// String is the command, with the line's end.
func (a Annotation) String() string {
	var properties []string
	if a.File != "" {
		properties = append(properties, "file="+property(a.File), fmt.Sprintf("line=%d", max(a.Line, 1)))
	}
	properties = append(properties, "title="+property(a.Title))
	return "::" + a.Level + " " + strings.Join(properties, ",") + "::" + data(strings.TrimSpace(a.Text)) + "\n"
}

// data and property escape as the runner's toolkit does, see command.ts in
// https://github.com/actions/toolkit/tree/main/packages/core/src. Text of a
// repository could otherwise give the runner commands of its own.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
