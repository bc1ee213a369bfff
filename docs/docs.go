// Package docs has the pages of this folder, so that gust help can show some
// where there is no network.
package docs

import (
	"embed"
	"maps"
	"slices"
)

//go:generate go run ../cmd/manual -markdown commands

//go:embed *.md
var pages embed.FS

// topics are the pages that gust help shows, by what it calls them. Names of
// go's own help topics are not among them, but for environment, which ends with
// where go's is.
func topics() map[string]string {
	return map[string]string{
		"exit-codes": "exit-codes.md", "json": "events.md", "environment": "environment.md",
		"ci": "ci.md", "config": "config.md", "matrix": "matrix.md", "security": "security.md",
	}
}

// Topics are the names of all topics, sorted.
func Topics() []string { return slices.Sorted(maps.Keys(topics())) }

// Topic is the text of a topic of gust help.
func Topic(name string) (text []byte, ok bool) {
	file, ok := topics()[name]
	if !ok {
		return nil, false
	}
	text, err := pages.ReadFile(file)
	return text, err == nil
}
