package sandbox

import (
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/isolation"
	"github.com/gust-go/gust/testrun/sandbox/box"
)

// TestLacking names what is missing for a rung, and always something to do.
func TestLacking(t *testing.T) {
	for _, test := range []struct {
		level           box.Level
		sysctl          string
		filtered        bool
		missing, action string
	}{
		{box.Full, "user.max_user_namespaces", false, "user.max_user_namespaces is 0", "run: sysctl -w user.max_user_namespaces=10000"},
		{box.Full, "", true, "a seccomp filter is on, as in containers", "seccomp=unconfined"},
		{box.Full, "", false, "", "run: gust kernel check --for=sandbox"},
		{box.Landlock, "user.max_user_namespaces", false, "the kernel has no Landlock", "lsm="},
		{box.Landlock, "", true, "the kernel has no Landlock, or a seccomp filter keeps it from programs", "lsm="},
	} {
		got := lacking(test.level, isolation.Host{Filtered: test.filtered, Sysctl: func(name string) string {
			if name == test.sysctl {
				return "0"
			}
			return ""
		}})
		if got.Missing != test.missing || !strings.Contains(got.Action, test.action) {
			t.Errorf("%+v: %+v", test, got)
		}
	}
}
