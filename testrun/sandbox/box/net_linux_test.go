package box

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// service is something that listens on the host and greets whoever connects.
func service(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	return greet(t, l)
}

func greet(t *testing.T, l net.Listener) net.Listener {
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write([]byte("hello"))
			_ = c.Close()
		}
	}()
	return l
}

// lowPort listens on a port below those that the system gives out.
func lowPort(t *testing.T) net.Listener {
	t.Helper()
	for port := range 200 {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(20100+port))
		if l, err := net.Listen("tcp", addr); err == nil {
			return greet(t, l)
		}
	}
	t.Fatal("no port is free")
	return nil
}

// TestNetwork: nothing of the host's network is there, ports included, and what
// a program tried to reach is known.
func TestNetwork(t *testing.T) {
	l := newLab(t)
	addr := lowPort(t).Addr().String()
	if out, code, _ := l.helper("listen", addr); code != 0 {
		t.Errorf("a port that is taken outside is taken inside: %s", out)
	}
	out, code, r := l.helper("dial", "tcp", addr)
	want := Touch{Kind: KindDial, What: addr, Outside: true, Count: 1}
	if code != 1 || !strings.Contains(out, "refused") || !slices.Contains(r.Touched, want) {
		t.Errorf("status %d, output %s, recorded %+v", code, out, r.Touched)
	}
	out, code, r = l.helper("dial", "tcp", "192.0.2.1:80")
	want.What = "192.0.2.1:80"
	if code != 1 || !strings.Contains(out, "unreachable") || !slices.Contains(r.Touched, want) {
		t.Errorf("status %d, output %s, recorded %+v", code, out, r.Touched)
	}
	if out, code, r = l.helper("await", addr); code != 0 || slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Outside }) {
		t.Errorf("a server that is up later: status %d, output %s, recorded %+v", code, out, r.Touched)
	}
	abstract := service(t, "unix", "@gust-box-test-"+filepath.Base(l.repo)+filepath.Base(l.spec.Dir)+strconv.Itoa(len(addr)))
	if out, code, _ = l.helper("dial", "unix", abstract.Addr().String()); code != 1 {
		t.Errorf("an abstract socket outside answers: %s", out)
	}
	l.spec.Allow = []string{addr}
	if out, code, r = l.helper("dial", "tcp", addr); code != 0 || out != "hello" || slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Outside }) {
		t.Errorf("by the relay: status %d, output %s, recorded %+v", code, out, r.Touched)
	}
	l.spec.HostNet = true
	if out, code, r = l.helper("dial", "tcp", addr); code != 0 || out != "hello" || !r.HostNet {
		t.Errorf("on the host's network: status %d, output %s", code, out)
	}
}

// TestMulticast: what a program sends to many gets to itself, and is nothing that it
// tried to reach outside.
func TestMulticast(t *testing.T) {
	out, code, r := newLab(t).helper("multicast")
	if code != 0 || slices.ContainsFunc(r.Touched, func(x Touch) bool { return x.Outside }) {
		t.Errorf("status %d, output %s, recorded %+v", code, out, r.Touched)
	}
}

// multicastMain listens as package mdns does, and sends itself something.
func multicastMain() error {
	group := &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}
	in, err := net.ListenMulticastUDP("udp4", nil, group)
	if err != nil {
		return err
	}
	out, err := net.ListenUDP("udp4", nil)
	if err != nil {
		return err
	}
	if _, err := out.WriteTo([]byte("hello"), group); err != nil {
		return err
	}
	if err := in.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	_, err = in.Read(make([]byte, 16))
	return err
}

// TestLowPorts: who may listen on low ports of the machine may in a sandbox, and nobody
// else.
func TestLowPorts(t *testing.T) {
	want, err := os.ReadFile(lowPorts)
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t)
	uid := os.Getuid()
	if uid == 0 {
		uid = nobody
	}
	l.giveTo(uid)
	if out, code, r := l.execAs(uid, "/bin/cat", lowPorts); out != string(want) || code != 0 || r.Level != Full {
		t.Errorf("from port %q on, status %d, level %s, want %q", out, code, r.Level, want)
	}
}

// TestHostSettings: a test on the machine's network, for which a new one stands here, does
// not change its settings.
func TestHostSettings(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can change them, or make a network without more")
	}
	l := newLab(t)
	l.spec.HostNet = true
	cmd := l.command("/bin/cat", lowPorts, "/proc/sys/net/ipv4/ping_group_range")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	out, err := cmd.CombinedOutput()
	if err != nil || string(out) != "1024\n1\t0\n" || l.report().Level != Full {
		t.Errorf("%v: %q, as of a new network: 1024, 1 0", err, out)
	}
}
