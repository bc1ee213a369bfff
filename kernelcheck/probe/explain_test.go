package probe

import (
	"syscall"
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// TestMissing wants ENOSYS to be no only where nobody can have answered for the
// kernel.
func TestMissing(t *testing.T) {
	k, _ := Lookup("bpf")
	for _, tt := range []struct {
		host  fact.Host
		want  fact.Verdict
		cause fact.Cause
	}{
		{fact.Host{QEMU: "none"}, fact.No, ""},
		{fact.Host{QEMU: "unknown"}, fact.Unknown, fact.ByQEMU},
		{fact.Host{Seccomp: 2}, fact.Unknown, fact.BySeccomp},
		{fact.Host{Release: "3.2.1"}, fact.No, fact.ByVersion},
	} {
		if p := judge(&tt.host, k, syscall.ENOSYS, "bpf"); p.Verdict != tt.want || p.Cause != tt.cause {
			t.Errorf("ENOSYS on %+v: %+v, want %s, %s", tt.host, p, tt.want, tt.cause)
		}
	}
}
