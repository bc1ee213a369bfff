package netaddr

import (
	"math/rand"
	"net/netip"
	"testing"
)

// TestAgree holds the package to net/netip, with many zeros.
func TestAgree(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for range 200000 {
		var b [16]byte
		for i := range b {
			if r.Intn(3) == 0 {
				b[i] = byte(r.Intn(256))
			}
		}
		switch r.Intn(4) {
		case 0: // groups of zeros
			for i := 0; i < 16; i += 2 {
				if r.Intn(2) == 0 {
					b[i], b[i+1] = 0, 0
				}
			}
		case 1:
			copy(b[:], []byte{10: 0xff, 11: 0xff})
		case 2:
			b[0] = []byte{0xff, 0xe0, 127, 0}[r.Intn(4)]
		}
		port := uint16(r.Intn(1 << 16))
		check(t, AddrPortFrom(AddrFrom16(b), port), netip.AddrPortFrom(netip.AddrFrom16(b), port))
		four := [4]byte(b[:4])
		check(t, AddrPortFrom(AddrFrom4(four), port), netip.AddrPortFrom(netip.AddrFrom4(four), port))
	}
	for _, b := range [][16]byte{{}, {15: 1}} {
		check(t, AddrPortFrom(AddrFrom16(b), 1), netip.AddrPortFrom(netip.AddrFrom16(b), 1))
	}
}

func check(t *testing.T, got AddrPort, want netip.AddrPort) {
	t.Helper()
	if got.String() != want.String() || got.Addr().Unmap().String() != want.Addr().Unmap().String() {
		t.Fatalf("%v, want %v", got, want)
	}
	a, b := got.Addr(), want.Addr()
	if a.IsLoopback() != b.IsLoopback() || a.IsUnspecified() != b.IsUnspecified() || a.IsMulticast() != b.IsMulticast() {
		t.Fatalf("kind of %v: %v %v %v", b, a.IsLoopback(), a.IsUnspecified(), a.IsMulticast())
	}
	if back, ok := ParseAddrPort(want.String()); !ok || back != got {
		t.Fatalf("parse %v: %v, %v", want, back, ok)
	}
}

func TestParseErrors(t *testing.T) {
	for _, s := range []string{
		"", "unix:/a", "unix:@\"x\"", "1.2.3:4", "1.2.3.4", "1.2.3.4:", "1.2.3.4:65536", "1.2.3.256:1", "01.2.3.4:1", "[::1:1", "[1:2]:3",
		"[1::2::3]:4", "[1:2:3:4:5:6:7::8]:9", "[fffff::]:1", "[:1]:1", "/tmp/a:80", "::1:80",
	} {
		if got, ok := ParseAddrPort(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}
