package cache

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gust-go/gust/internal/words"
)

// DefaultLimit is the size that the cache is kept to unless told otherwise.
const DefaultLimit = 10 << 30

// NoLimit is a limit that nothing exceeds.
const NoLimit = math.MaxInt64

// units are what may stand behind a number of bytes, as in du and dd.
var units = map[string]float64{
	"": 1, "b": 1,
	"k": 1 << 10, "ki": 1 << 10, "kib": 1 << 10, "kb": 1e3,
	"m": 1 << 20, "mi": 1 << 20, "mib": 1 << 20, "mb": 1e6,
	"g": 1 << 30, "gi": 1 << 30, "gib": 1 << 30, "gb": 1e9,
	"t": 1 << 40, "ti": 1 << 40, "tib": 1 << 40, "tb": 1e12,
}

// ParseSize reads a size such as 500M, 2.5GiB or none.
func ParseSize(s string) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if text == "none" {
		return NoLimit, nil
	}
	at := strings.IndexFunc(text, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
	if at < 0 {
		at = len(text)
	}
	n, err := strconv.ParseFloat(text[:at], 64)
	unit, ok := units[strings.TrimSpace(text[at:])]
	if err != nil || !ok {
		return 0, fmt.Errorf("%q is not a size such as 500M, 2.5GiB or none", s)
	}
	if n*unit >= math.MaxInt64 {
		return NoLimit, nil
	}
	return int64(n * unit), nil
}

// LimitFrom is the limit that an environment sets by GUST_CACHE_SIZE. With an
// error it is the default.
func LimitFrom(getenv func(string) string) (int64, error) {
	text := getenv("GUST_CACHE_SIZE")
	if text == "" {
		return DefaultLimit, nil
	}
	limit, err := ParseSize(text)
	if err != nil {
		return DefaultLimit, fmt.Errorf("GUST_CACHE_SIZE: %w", err)
	}
	return limit, nil
}

// FormatSize renders a number of bytes for people.
func FormatSize(n int64) string {
	if n == NoLimit {
		return "none"
	}
	return words.Size(n)
}
