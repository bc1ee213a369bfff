//go:build linux && (amd64 || arm64)

package quick

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// A server has all the memory that it needs.
type server struct {
	dir     string
	in, out int
	buf     [64 << 10]byte // what go has written, from from to to
	from    int
	to      int
	answers []byte
	name    []byte // of a file, ending with 0
	data    [entrySize + 1]byte
	now     int64
	stat    syscall.Stat_t
}

// Serve answers the go command that writes to one file and reads from another from
// the build cache in a directory. It returns when all is answered and done, or with
// what go has written that it leaves to others; begun is true if it has said [Hello].
func Serve(dir string, in, out int) (rest []byte, begun, done bool) {
	if !plain(dir) || !trimmed(dir) {
		return nil, false, false
	}
	if _, err := os.Stat(dir + "/ff"); err != nil {
		return nil, false, false
	}
	s := &server{dir: dir, in: in, out: out, now: time.Now().UnixNano(), name: make([]byte, 0, len(dir)+80)}
	s.answers = append(make([]byte, 0, 16<<10), Hello...)
	for {
		line, ok := s.line()
		if !ok {
			return s.buf[s.from:s.to], true, s.from == s.to && s.write()
		}
		if len(line) == 1 { // between two requests
			continue
		}
		q, ok := parse(line)
		if !ok || q.close && !trimmed(dir) || !q.close && !s.answer(&q) {
			s.from -= len(line)
			s.write()
			return s.buf[s.from:s.to], true, false
		}
		if q.close {
			s.answers = append(append(append(s.answers, `{"ID":`...), q.id...), "}\n"...)
			s.write()
			return nil, true, true
		}
	}
}

// trimmed reports whether somebody has trimmed the cache within a day.
func trimmed(dir string) bool {
	data, err := os.ReadFile(dir + "/trim.txt")
	if err != nil {
		return false
	}
	for len(data) > 0 && data[len(data)-1] == '\n' {
		data = data[:len(data)-1]
	}
	at, ok := number(data)
	since := time.Since(time.Unix(at, 0))
	return ok && since < trimEvery && since > -markEvery
}

// line returns the next line, which is valid until the next call. Before it waits for
// go to write one, it says what it has to say. It returns false at the end of the
// input and if a line is longer than any of go's that are answered here.
func (s *server) line() ([]byte, bool) {
	for i := s.from; ; {
		for ; i < s.to; i++ {
			if s.buf[i] == '\n' {
				line := s.buf[s.from : i+1]
				s.from = i + 1
				return line, true
			}
		}
		if s.from > 0 {
			s.to, i = copy(s.buf[:], s.buf[s.from:s.to]), i-s.from
			s.from = 0
		}
		if s.to == len(s.buf) || !s.write() {
			return nil, false
		}
		// Not syscall.Read: the scheduler would give the processor away while this
		// waits, and have to be asked for it afterwards.
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(s.in), uintptr(unsafe.Pointer(&s.buf[s.to])), uintptr(len(s.buf)-s.to))
		switch {
		case errno == syscall.EINTR:
		case errno == syscall.EAGAIN: // a pipe that somebody has made so
			return nil, false
		case errno != 0 || n == 0:
			return nil, false
		default:
			s.to += int(n)
		}
	}
}

// write writes what there is to answer, and reports whether go is still there.
func (s *server) write() bool {
	for len(s.answers) > 0 {
		n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(s.out), uintptr(unsafe.Pointer(&s.answers[0])), uintptr(len(s.answers)))
		switch errno {
		case 0:
			s.answers = s.answers[:copy(s.answers, s.answers[n:])]
		case syscall.EINTR:
		case syscall.EAGAIN: // a pipe that somebody has made so, and that is full
			time.Sleep(time.Millisecond)
		default:
			return false
		}
	}
	return true
}

// path makes the name of a file of the cache, which ends with 0.
func (s *server) path(id *[32]byte, kind string) []byte {
	s.name = append(append(s.name[:0], s.dir...), '/')
	s.name = append(s.name, hexDigits[id[0]>>4], hexDigits[id[0]&15], '/')
	s.name = appendHex(s.name, id)
	s.name = append(append(s.name, kind...), 0)
	return s.name
}

// answer answers a question for an entry, or returns false if there is more to it.
func (s *server) answer(q *question) bool {
	name := s.path(&q.action, "-a")
	n, missing, ok := s.read(name)
	if missing {
		s.answers = append(append(append(s.answers, `{"ID":`...), q.id...), `,"Miss":true}`+"\n"...)
		return true
	}
	if !ok || !s.young() {
		return false
	}
	e := parseEntry(name[len(name)-3-64:len(name)-3], s.data[:n])
	if !e.correct {
		return false
	}
	name = s.path(&e.output, "-d")
	const here = -100 // AT_FDCWD
	dir := here
	_, _, errno := syscall.RawSyscall6(sysStat, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), uintptr(unsafe.Pointer(&s.stat)), 0, 0, 0)
	if errno != 0 || s.stat.Mode&syscall.S_IFMT != syscall.S_IFREG || s.stat.Size != e.size || !s.young() {
		return false
	}
	s.answers = appendFound(s.answers, q.id, &e, name[:len(name)-1])
	return true
}

// young reports whether the file that was looked at was used lately, so that nobody
// need note it.
func (s *server) young() bool {
	return s.now-s.stat.Mtim.Nano() < int64(markEvery)
}

// read reads the beginning of a file, and looks at it.
func (s *server) read(name []byte) (n int, missing, ok bool) {
	const here = -100 // AT_FDCWD
	dir := here
	fd, _, errno := syscall.RawSyscall6(syscall.SYS_OPENAT, uintptr(dir), uintptr(unsafe.Pointer(&name[0])), syscall.O_RDONLY|syscall.O_CLOEXEC, 0, 0, 0)
	if errno != 0 {
		return 0, errno == syscall.ENOENT, false
	}
	got, _, errRead := syscall.RawSyscall(syscall.SYS_READ, fd, uintptr(unsafe.Pointer(&s.data[0])), uintptr(len(s.data)))
	_, _, errStat := syscall.RawSyscall(syscall.SYS_FSTAT, fd, uintptr(unsafe.Pointer(&s.stat)), 0)
	_, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, fd, 0, 0)
	return int(got), false, errRead == 0 && errStat == 0
}
