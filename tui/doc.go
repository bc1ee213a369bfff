// Package tui is the dashboard: it connects the state of package state and the
// screens of package view to a terminal, by way of Bubble Tea, and runs gust
// for what the user asks. It shows the events that every command writes with
// --json, of runs of its own and of recorded ones; nothing can be done only
// here.
package tui
