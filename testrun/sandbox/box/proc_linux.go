package box

import (
	"fmt"
	"os"
	"syscall"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// proc shows the processes of the sandbox only.
func (v *view) proc() error {
	const flags = syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC
	if err := syscall.Mount("proc", "/proc", "proc", flags, ""); err != nil {
		return fmt.Errorf("mount /proc: %w", err)
	}
	if !v.init.HostNet {
		v.ownNetwork()
	}
	if !v.init.Root {
		return nil
	}
	limitPIDs(v.init.Limits) // what bounds others does not bind root
	for _, path := range []string{"/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus", "/proc/fs"} {
		fd, err := openTree(path, false)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		if err := attach(fd, path); err != nil {
			return err
		}
		if err := setattr(path, false, mountAttr{set: mountAttrRO}); err != nil {
			return err
		}
	}
	return nil
}

// ownNetwork makes settings of the sandbox's network; hardly a test needs them. Who is
// root everywhere may write to the kernel's settings whatever the namespace, so that those of
// the machine's network are left alone.
func (v *view) ownNetwork() {
	if v.init.LowPorts != "" {
		_ = os.WriteFile(lowPorts, []byte(v.init.LowPorts), 0)
	}
	if v.init.Root {
		_ = os.WriteFile("/proc/sys/net/ipv4/ping_group_range", []byte("0 2147483647"), 0)
	}
}

// lowPorts is a setting of each network.
const lowPorts = "/proc/sys/net/ipv4/ip_unprivileged_port_start"

// deviceNodes are those that root gets in the sandbox. Others, disks above
// all, are behind no namespace.
var deviceNodes = []string{
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty",
	"/dev/fuse", "/dev/net/tun", "/dev/kvm",
}

// ownDevices replaces /dev.
func (v *view) ownDevices() error {
	if err := syscall.Mount("tmpfs", "/dev", "tmpfs", syscall.MS_NOSUID, "mode=755"); err != nil {
		return fmt.Errorf("mount /dev: %w", err)
	}
	for _, m := range v.devices {
		if err := os.MkdirAll(fspath.Dir(m.path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(m.path, nil, 0o666); err != nil {
			return err
		}
		if err := attach(m.fd, m.path); err != nil {
			return err
		}
	}
	if err := os.Mkdir("/dev/pts", 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("devpts", "/dev/pts", "devpts", syscall.MS_NOSUID|syscall.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"); err != nil {
		return fmt.Errorf("mount /dev/pts: %w", err)
	}
	for name, to := range map[string]string{
		"ptmx": "pts/ptmx",
		"fd":   "/proc/self/fd", "stdin": "/proc/self/fd/0", "stdout": "/proc/self/fd/1", "stderr": "/proc/self/fd/2",
	} {
		if err := os.Symlink(to, "/dev/"+name); err != nil {
			return err
		}
	}
	return os.Mkdir("/dev/shm", 0o1777)
}
