package testserver

import (
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// A BadLink is a network between a client and a server that delays, cuts, corrupts
// and refuses, whatever is spoken on it.
type BadLink struct {
	Address string
	Faults  atomic.Int64

	to       string
	listener net.Listener
	mu       sync.Mutex
	random   *rand.Rand
	conns    map[net.Conn]bool
}

// NewBadLink returns a link to an address. The seed decides what happens on it.
func NewBadLink(t *testing.T, to string, seed uint64) *BadLink {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &BadLink{Address: l.Addr().String(), to: to, listener: l, random: rand.New(rand.NewPCG(seed, 7)), conns: map[net.Conn]bool{}}
	go b.accept()
	t.Cleanup(b.Close)
	return b
}

// Close cuts all connections.
func (b *BadLink) Close() {
	_ = b.listener.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	for c := range b.conns {
		_ = c.Close()
	}
}

func (b *BadLink) accept() {
	for {
		c, err := b.listener.Accept()
		if err != nil {
			return
		}
		if b.roll(8) == 0 { // refused
			b.Faults.Add(1)
			_ = c.Close()
			continue
		}
		s, err := net.Dial("tcp", b.to)
		if err != nil {
			_ = c.Close()
			continue
		}
		b.mu.Lock()
		b.conns[c], b.conns[s] = true, true
		b.mu.Unlock()
		go b.pass(s, c)
		go b.pass(c, s)
	}
}

func (b *BadLink) roll(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.random.IntN(n)
}

// pass copies one direction, a piece at a time.
func (b *BadLink) pass(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			switch b.roll(40) {
			case 0:
				b.Faults.Add(1)
				time.Sleep(time.Duration(b.roll(600)) * time.Millisecond)
			case 1: // in the middle
				b.Faults.Add(1)
				_, _ = to.Write(buf[:b.roll(n)])
				return
			case 2, 3:
				b.Faults.Add(1)
				buf[b.roll(n)] ^= byte(1 + b.roll(255))
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if c, ok := to.(*net.TCPConn); ok && err == io.EOF {
				_ = c.CloseWrite()
			}
			return
		}
	}
}
