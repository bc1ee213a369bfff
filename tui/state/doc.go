// Package state is what gust tui knows and shows, without a terminal: events
// and keys go in, rows and effects come out. Package view makes text of it,
// and package tui connects both to a terminal and to the runs of gust that the
// effects ask for.
package state
