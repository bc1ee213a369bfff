// Package words puts numbers into words for people: how many of what, and how
// many bytes. Everything that gust says has them from here, so that nothing is
// "1 modules", and the same size reads the same wherever it is said.
package words

import "fmt"

// Count is a number with a noun: 1 module, 2 modules.
func Count(n int, noun string) string { return Counts(n, noun, noun+"s") }

// Counts is Count for what has a plural of its own.
func Counts(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// Size renders a number of bytes, in the unit that leaves up to three digits
// before the point, or four below the next unit.
func Size(n int64) string {
	const names = "KMGTPE"
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	v, i := float64(n)/(1<<10), 0
	for v >= 1023.95 && i < len(names)-1 {
		v, i = v/(1<<10), i+1
	}
	return fmt.Sprintf("%.1f %ciB", v, names[i])
}
