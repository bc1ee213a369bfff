package sandbox

import (
	"os"
	"testing"
)

// TestWhyNot names what is missing as the kernel tells it.
func TestWhyNot(t *testing.T) {
	for _, test := range []struct {
		path, text, missing string
	}{
		{"/proc/sys/user/max_user_namespaces", "0\n", "user.max_user_namespaces is 0"},
		{"/proc/sys/user/max_net_namespaces", "0\n", "user.max_net_namespaces is 0"},
		{"/proc/sys/user/max_user_namespaces", "100\n", ""},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0\n", "kernel.unprivileged_userns_clone is 0"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1\n", "kernel.apparmor_restrict_unprivileged_userns is 1"},
		{"/proc/self/status", "Name:\tx\nSeccomp:\t2\n", "a seccomp filter is on, as in containers"},
		{"/proc/self/status", "Name:\tx\nSeccomp:\t0\n", ""},
	} {
		missing, hint := whyNot(func(path string) ([]byte, error) {
			if path == test.path {
				return []byte(test.text), nil
			}
			return nil, os.ErrNotExist
		})
		if missing != test.missing || hint == "" {
			t.Errorf("%s: %q (hint %q), want %q", test.path, missing, hint, test.missing)
		}
	}
}
