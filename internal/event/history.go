package event

// TestHistory is what gust remembers of one test.
type TestHistory struct {
	// Package is its import path.
	Package string `json:"package"`
	// Test is its name.
	Test string `json:"test"`
	// Runs counts the runs on record in which it was not skipped.
	Runs int `json:"runs"`
	// Failures counts those in which it failed.
	Failures int `json:"failures"`
	// Flakes counts those in which it failed and then passed.
	Flakes int `json:"flakes"`
	// Skips counts the runs in which it was skipped.
	Skips int `json:"skips"`
	// MedianNS is the median time of the runs that passed in the end.
	MedianNS int64 `json:"median_ns"`
	// MaxNS is the longest of those times.
	MaxNS int64 `json:"max_ns"`
	// Last is the latest result: pass, fail, flaky or skip.
	Last string `json:"last"`
	// LastTime is when that was, as in RFC 3339.
	LastTime string `json:"last_time"`
	// Recent are up to ten latest results, oldest first.
	Recent []string `json:"recent"`
}

// EventType implements [Event].
func (TestHistory) EventType() string { return "test.history" }
