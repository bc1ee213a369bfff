package racy

import "testing"

func TestRace(t *testing.T) {
	x, done := 0, make(chan bool)
	go func() { x++; close(done) }()
	x++
	<-done
	t.Log(x)
}

func TestFine(t *testing.T) {}
