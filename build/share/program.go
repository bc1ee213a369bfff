package share

import (
	"context"
	"io"
	"net"
	"os"

	"github.com/gust-go/gust/build/gocache"
	"github.com/gust-go/gust/build/share/link"
)

// programID is what the program of a link is called on the server.
func (r *scoped) programID(key string) gocache.ID { return r.name("program", []byte(key)) }

// program brings a program over and writes it to the file of a linker's wrapper,
// which hangs up if it has no more use for it. Each is checked like all contents.
// What is wrong with one is said by the remote's client, and it is linked.
func (s *Share) program(c *net.UnixConn, key string, to *os.File) {
	ctx, cancel := context.WithCancel(s.ctx)
	defer cancel()
	s.serving.Add(1)
	go func() {
		defer s.serving.Done()
		_, _ = io.Copy(io.Discard, c) // ends at the latest when the connection does
		cancel()
	}()
	answer := byte(link.Missing)
	_, err := s.stats.Fetch(ctx, s.o.Remote, s.remote.programID(key), to)
	// Nobody can run a program that is open for writing.
	if closeErr := to.Close(); err == nil && closeErr == nil {
		answer = link.Found
	}
	if _, err := c.Write([]byte{answer}); err == nil && answer == link.Found {
		s.programs.found.Add(1)
		return
	}
	s.programs.missing.Add(1)
}

// SendProgram has a program sent, whose file nobody else has.
func (s *Share) SendProgram(key, file string) {
	if s.records != nil {
		s.sendFile(s.remote.programID(key), file)
	}
}
