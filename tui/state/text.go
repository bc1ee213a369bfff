package state

import (
	"fmt"
	"strings"
	"time"
)

const (
	// maxOutput bounds what is kept of one output.
	maxOutput = 256 << 10
	// maxHeld is how much is kept of all tests' before it is minOutput of each.
	maxHeld   = 64 << 20
	minOutput = 4 << 10
)

// tail is the end of a text that has grown too long.
func tail(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return "(cut)\n" + text[len(text)-limit/2:]
}

// headline is the first line that says something: go puts the package in front.
func headline(text string) string {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			return line
		}
	}
	return strings.TrimSpace(text)
}

func duration(ns int64) string {
	d := time.Duration(ns)
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d >= time.Millisecond:
		return d.Round(time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

func size(bytes int64) string {
	for _, unit := range []struct {
		shift int
		name  string
	}{{30, "GB"}, {20, "MB"}, {10, "kB"}} {
		if n := float64(bytes) / float64(int64(1)<<unit.shift); n >= 1 {
			if n < 10 {
				return fmt.Sprintf("%.1f %s", n, unit.name)
			}
			return fmt.Sprintf("%.0f %s", n, unit.name)
		}
	}
	return fmt.Sprintf("%d B", bytes)
}

// joined puts what is not empty in a row.
func joined(parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, ", ")
}
