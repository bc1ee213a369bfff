package projectenv

// Template is what `gust env init` writes: valid, and without effect until
// something is filled in.
const Template = `//go:build ignore

// Package env holds this project's settings for the go command. gust reads
// them and never runs this file; go ignores it.
package env

// Variables of the go command, for everything that gust runs here. What is
// set in the environment is stronger.
const (
// GOOS        = "linux"
// GOFLAGS     = "-tags=integration -trimpath"
// CGO_ENABLED = false
)

// Sets of variables to choose from: gust -p release build ./...
var profiles = map[string]map[string]string{
	// "release": {"CGO_ENABLED": "0", "GOFLAGS": "-trimpath"},
}

// Short names for commands: gust check. They work once the file is trusted:
// gust env trust.
var aliases = map[string][]string{
	// "check": {"vet", "./..."},
}
`
