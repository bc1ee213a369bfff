// Package isolation is what systems withhold that sandboxes of tests are made of,
// and how to allow it, in the words that gust test, gust doctor and gust kernel
// have in common.
package isolation

import (
	"os"
	"strings"
)

// A Lack is something that is missing, and what to do about it: a command where
// there is one. Both are empty where nothing is known to be missing.
type Lack struct{ Missing, Action string }

// A Host says what is known of a system.
type Host struct {
	// Sysctl is the value of one, "" if it is not known.
	Sysctl func(name string) string
	// Filtered is true if a seccomp filter is on.
	Filtered bool
}

// This is the system that gust runs on.
func This() Host {
	status, err := os.ReadFile("/proc/self/status")
	return Host{
		Sysctl: func(name string) string {
			data, _ := os.ReadFile("/proc/sys/" + strings.ReplaceAll(name, ".", "/"))
			return strings.TrimSpace(string(data))
		},
		Filtered: err == nil && strings.Contains(string(status), "\nSeccomp:\t2"),
	}
}

// profile is what Ubuntu's own programs have that use user namespaces.
const profile = `printf 'abi <abi/4.0>,\ninclude <tunables/global>\nprofile gust %s flags=(unconfined) {\n  userns,\n}\n' "$(command -v gust)" | sudo tee /etc/apparmor.d/gust && sudo apparmor_parser -r /etc/apparmor.d/gust`

// Namespaces is what keeps user namespaces, and what is made in them, from users
// without privilege.
func Namespaces(h Host) Lack {
	for _, kind := range []string{"user", "mnt", "pid", "ipc", "uts", "net"} {
		if name := "user.max_" + kind + "_namespaces"; h.Sysctl(name) == "0" {
			return Lack{name + " is 0", "run: sysctl -w " + name + "=10000"}
		}
	}
	switch {
	case h.Sysctl("kernel.unprivileged_userns_clone") == "0":
		return Lack{"kernel.unprivileged_userns_clone is 0", "run: sysctl -w kernel.unprivileged_userns_clone=1"}
	case h.Sysctl("kernel.apparmor_restrict_unprivileged_userns") == "1":
		return Lack{"kernel.apparmor_restrict_unprivileged_userns is 1", "give gust a profile, and leave the sysctl alone: " + profile}
	case h.Filtered:
		return Lack{"a seccomp filter is on, as in containers", "let the container's filter pass clone, unshare and mount: docker run --security-opt seccomp=unconfined"}
	}
	return Lack{}
}

// Landlock is what to do where a kernel has none.
func Landlock() Lack {
	return Lack{"the kernel has no Landlock", "boot with landlock in lsm= (cat /sys/kernel/security/lsm shows what is there), or a kernel of 5.19 or later with CONFIG_SECURITY_LANDLOCK=y"}
}
