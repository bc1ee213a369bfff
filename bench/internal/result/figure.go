package result

import (
	"fmt"
	"slices"
	"time"
)

// Median is the middle of the durations, or the mean of the middle two; zero
// for none.
func Median(ds []time.Duration) time.Duration {
	if len(ds) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(ds))
	mid := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[mid]
	}
	return (sorted[mid-1] + sorted[mid]) / 2
}

// Seconds writes d with as many places as it is worth.
func Seconds(d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d < 10*time.Second:
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// Ratio writes part over whole, such as "0.35".
func Ratio(part, whole time.Duration) string {
	if part == 0 || whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", part.Seconds()/whole.Seconds())
}

// MiB writes a number of bytes in MiB.
func MiB(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
