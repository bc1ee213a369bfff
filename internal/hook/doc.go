// Package hook is what gust hook does between git and the steps that judge a
// commit: it finds out what is staged and which modules that concerns, shows
// go the index in place of the working tree, and installs hooks.
//
// It never writes to the index, the working tree or the stash. Where the
// working tree differs from the index, go is given an overlay (go help build,
// -overlay) with files as the commit will have them, so that unstaged edits
// neither hide nor cause an error.
package hook
