package goroutine

import "testing"

func TestBystander(t *testing.T) {
	t.Parallel()
	<-make(chan int)
}

func TestCulprit(t *testing.T) {
	t.Parallel()
	go func() { panic("in a goroutine") }()
	<-make(chan int)
}
