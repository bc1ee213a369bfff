package box

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A target is what attacks are aimed at; all of it is outside.
type target struct {
	Repo, Home, Tmp string
	Cache           string
	TCP, Abstract   string
	Agent, Open     string // sockets in the home directory and in the checkout
	PID             int
	Marker          string // an argument by which a survivor is found
	// Skip are attacks that would harm the machine if they succeeded, Ask is true if
	// signals to all are only asked about.
	Skip []string
	Ask  bool
}

// attacks are what a program in a sandbox tries. Each is harmless should it
// succeed: files are opened, but only those of the lab are written to. An error
// says what kept it from it.
var attacks = map[string]func(target) error{
	"write to the checkout":         func(t target) error { return os.WriteFile(t.Repo+"/kept", []byte("x"), 0o644) },
	"remove a file of the checkout": func(t target) error { return os.Remove(t.Repo + "/other") },
	"write to HOME":                 func(t target) error { return os.WriteFile(t.Home+"/dotfile", []byte("x"), 0o644) },
	"write to the build cache":      func(t target) error { return os.WriteFile(t.Cache+"/object", []byte("x"), 0o644) },
	"read a secret in HOME":         func(t target) error { return readable(t.Home + "/secret") },
	"write to others' /tmp":         func(t target) error { return writable(t.Tmp) },
	"write to /etc":                 func(target) error { return anyWritable("/etc/hosts", "/etc/passwd", "/etc/hostname") },
	"make a file in /etc":           func(target) error { return tryMake("/etc/gust-attack") },
	"write to /sys": func(target) error {
		return anyWritable("/sys/power/state", "/sys/module/printk/parameters/time", "/sys/kernel/mm/transparent_hugepage/enabled")
	},
	"make a cgroup": func(target) error { return tryMkdir("/sys/fs/cgroup/gust-attack") },
	"write to a cgroup": func(target) error {
		return anyWritable("/sys/fs/cgroup/cgroup.procs", "/sys/fs/cgroup/cgroup.subtree_control")
	},
	"write to the kernel's settings":     func(target) error { return anyWritable("/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger") },
	"reach the host's loopback":          func(t target) error { return reach("tcp", t.TCP) },
	"reach an abstract socket":           func(t target) error { return reach("unix", t.Abstract) },
	"reach the SSH agent":                func(t target) error { return reach("unix", t.Agent) },
	"hand a descriptor to a program":     func(t target) error { return handOut(t.Open) },
	"kill a process":                     func(t target) error { return syscall.Kill(t.PID, syscall.SIGKILL) },
	"kill all processes":                 killAll,
	"kill the process group":             func(target) error { return syscall.Kill(0, syscall.SIGUSR1) },
	"trace a process":                    func(t target) error { return syscall.PtraceAttach(t.PID) },
	"trace process 1":                    func(target) error { return syscall.PtraceAttach(1) },
	"survive by a double fork":           func(t target) error { return fork(0, "survive", t.Marker) },
	"remount / writable":                 func(target) error { return syscall.Mount("", "/", "", syscall.MS_REMOUNT|syscall.MS_BIND, "") },
	"remount / in namespaces of its own": func(target) error { return fork(unshared, "remount") },
	"unmount /tmp in namespaces of its own": func(t target) error {
		return fork(unshared, "unmount", t.Tmp)
	},
	"open /proc/1/root":                 func(target) error { return readable("/proc/1/root/etc") },
	"open the descriptors of process 1": func(target) error { return readable("/proc/1/fd/3") },
	"enter namespaces of process 1":     func(target) error { return enter("/proc/1/ns/user", "/proc/1/ns/mnt") },
	"use an inherited descriptor":       func(t target) error { return inherited(t.Home) },
	"open a disk":                       func(target) error { return openDisk() },
	"open the controlling terminal":     func(target) error { return writable("/dev/tty") },
}

const unshared = syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS

// attack tries all of them and writes what each came to.
func attack(text string) error {
	var t target
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGUSR1)
	outcome := map[string]string{}
	for name, try := range attacks {
		if slices.Contains(t.Skip, name) {
			continue
		}
		outcome[name] = ""
		if err := try(t); err != nil {
			outcome[name] = err.Error()
		}
	}
	return json.NewEncoder(os.Stdout).Encode(outcome)
}

func killAll(t target) error {
	if t.Ask {
		return syscall.Kill(-1, 0)
	}
	return syscall.Kill(-1, syscall.SIGUSR1)
}

func readable(path string) error {
	f, err := os.Open(path)
	if err == nil {
		_ = f.Close()
	}
	return err
}

func writable(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err == nil {
		_ = f.Close()
	}
	return err
}

func anyWritable(paths ...string) error {
	var errs []error
	for _, path := range paths {
		err := writable(path)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func tryMake(path string) error {
	err := os.WriteFile(path, nil, 0o600)
	if err == nil {
		_ = os.Remove(path)
	}
	return err
}

func tryMkdir(path string) error {
	err := os.Mkdir(path, 0o700)
	if err == nil {
		_ = os.Remove(path)
	}
	return err
}

func reach(network, addr string) error {
	c, err := net.DialTimeout(network, addr, 10*time.Second)
	if err == nil {
		_ = c.Close()
	}
	return err
}

// handOut sends a descriptor to who listens on a socket.
func handOut(addr string) error {
	c, err := net.Dial("unix", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	u, ok := c.(*net.UnixConn)
	if !ok {
		return errors.New("no socket of the right kind")
	}
	_, _, err = u.WriteMsgUnix([]byte("x"), syscall.UnixRights(0), nil)
	if errors.Is(err, syscall.EPIPE) {
		return nil // somebody was there, and is gone
	}
	return err
}

// fork runs an attack in a process of its own.
func fork(flags uintptr, args ...string) error {
	cmd := exec.Command("/proc/self/exe", append([]string{"helper"}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
	if flags&syscall.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// surviveMain leaves a process behind that has no parent and a session of its own.
func surviveMain(marker string) error {
	cmd := exec.Command("/proc/self/exe", "helper", "linger", marker)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return cmd.Start()
}

func remountMain() error {
	if err := syscall.Mount("", "/", "", syscall.MS_REMOUNT|syscall.MS_BIND, ""); err != nil {
		return err
	}
	return tryMake("/etc/gust-attack")
}

// unmountMain looks for what is below a private directory.
func unmountMain(tmp string) error {
	if err := syscall.Unmount("/tmp", syscall.MNT_DETACH); err != nil {
		return err
	}
	return readable(tmp)
}

func enter(paths ...string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = unix.Setns(int(f.Fd()), 0)
		_ = f.Close()
		if err != nil {
			return os.NewSyscallError("setns", err)
		}
	}
	return nil
}

// inherited looks for directories outside that whoever started gust left open.
func inherited(home string) error {
	for fd := 3; fd < 20; fd++ {
		var st syscall.Stat_t
		if syscall.Fstat(fd, &st) != nil || st.Mode&syscall.S_IFMT != syscall.S_IFDIR {
			continue
		}
		made, err := syscall.Openat(fd, "through", syscall.O_CREAT|syscall.O_WRONLY|syscall.O_CLOEXEC, 0o600)
		if err == nil {
			_ = syscall.Close(made)
			return nil
		}
	}
	return fmt.Errorf("no directory is open, such as %s", home)
}

// openDisk makes a device node of the disk that / is on, and opens it.
func openDisk() error {
	var st syscall.Stat_t
	if err := syscall.Stat("/", &st); err != nil {
		return err
	}
	path := filepath.Join(os.TempDir(), "gust-disk-"+strconv.Itoa(os.Getpid()))
	defer os.Remove(path)
	if err := syscall.Mknod(path, syscall.S_IFBLK|0o600, int(st.Dev)); err != nil {
		return os.NewSyscallError("mknod", err)
	}
	return readable(path)
}

// sessionMain runs a sandbox in a session and a process group with this process,
// which is not to notice.
func sessionMain(argv []string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // what is started does not ignore it
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	dir, err := os.Open(os.Getenv("HOME"))
	if err != nil {
		return err
	}
	cmd.ExtraFiles = slices.Repeat([]*os.File{dir}, 8)
	if err := cmd.Run(); err != nil {
		return err
	}
	select {
	case sig := <-signals:
		return fmt.Errorf("the process group got %v", sig)
	default:
		return nil
	}
}
