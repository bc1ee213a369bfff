package box

import (
	"os"
	"os/signal"
	"sync"
	"syscall"
)

// caught are signals for a program that may not have been started yet.
type caught struct {
	signals chan os.Signal
	ready   chan struct{}

	mu   sync.Mutex
	over bool
}

// catch keeps signals from ending this process. The runtime asks a thread of its own
// about each of them, of which nothing that is done meanwhile has to wait.
func catch() *caught {
	c := &caught{signals: make(chan os.Signal, 16), ready: make(chan struct{})}
	go func() {
		signal.Notify(c.signals, os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGUSR2)
		close(c.ready)
	}()
	return c
}

// forward passes signals on to a program, but for those that a terminal has sent to
// it as well. A program in a session of its own, to which none has sent anything, is
// named by its process group: -pid. After stop, they end this process.
func (c *caught) forward(pid int) (stop func()) {
	<-c.ready
	go func() {
		for sig := range c.signals {
			if s, ok := sig.(syscall.Signal); ok {
				c.pass(s, pid)
			}
		}
	}()
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.over = true
	}
}

// pass sends one signal on. Once the program has ended, its number may be another's.
func (c *caught) pass(sig syscall.Signal, pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.over:
		dieBy(sig)
	case sig == syscall.SIGINT && pid < 0:
		_ = syscall.Kill(pid, sig)
	case sig != syscall.SIGINT:
		_ = syscall.Kill(max(pid, -pid), sig)
	}
}
