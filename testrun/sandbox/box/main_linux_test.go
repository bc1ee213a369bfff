package box

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gust-go/gust/testrun/sandbox/box/relay"
)

// TestMain makes the test binary a gust as far as this package goes.
func TestMain(m *testing.M) {
	if os.Getpid() == 1 && len(os.Args) == 1 {
		asFirst()
	}
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case Command:
			os.Exit(Main(os.Args[2:], Network{Offer: relay.Offer, Serve: relay.Serve}))
		case "basic":
			os.Exit(basicMain(os.Args[2:]))
		case InitCommand:
			os.Exit(InitMain(Network{Offer: relay.Offer, Serve: relay.Serve}))
		case "helper":
			if len(os.Args) < 3 {
				os.Exit(2)
			}
			os.Exit(helper(os.Args[2:]))
		}
		// Whatever else starts this binary by mistake does not run the tests again.
		if !strings.HasPrefix(os.Args[1], "-test.") {
			os.Exit(2)
		}
	}
	os.Exit(m.Run())
}

// helper is a program to run in a box.
func helper(args []string) int {
	var err error
	switch args[0] {
	case "dial":
		var c net.Conn
		if c, err = net.DialTimeout(args[1], args[2], 10*time.Second); err == nil {
			_, err = io.Copy(os.Stdout, c)
		}
	case "await":
		// A server that is not up at once.
		if _, err = net.Dial("tcp", args[1]); err == nil {
			err = errors.New("somebody is there")
			break
		}
		_, err = net.Listen("tcp", args[1])
	case "listen":
		var l net.Listener
		if l, err = net.Listen("tcp", args[1]); err == nil {
			err = l.Close()
		}
	case "occupy":
		if _, err = net.Listen("tcp", args[1]); err == nil {
			fmt.Println("ready")
			_, err = io.Copy(io.Discard, os.Stdin)
		}
	case "leave":
		cmd := exec.Command("/proc/self/exe", "helper", "hold", args[1])
		var out io.Reader
		if out, err = cmd.StdoutPipe(); err == nil {
			if err = cmd.Start(); err == nil {
				_, err = out.Read(make([]byte, 1))
			}
		}
	case "hold":
		if _, err = net.Listen("tcp", args[1]); err == nil {
			fmt.Println("ready")
			time.Sleep(time.Hour)
		}
	case "attack":
		err = attack(args[1])
	case "session":
		err = sessionMain(args[1:])
	case "survive":
		err = surviveMain(args[1])
	case "open":
		err = openMain()
	case "goroutines":
		os.Exit(goroutinesMain())
	case "multicast":
		err = multicastMain()
	case "terminal":
		err = terminalMain()
	case "linger":
		time.Sleep(time.Hour)
	case "restricted":
		err = restrictedMain(args[1], args[2:])
	case "use":
		err = useMain(args[1], args[2])
	case "remount":
		err = remountMain()
	case "unmount":
		err = unmountMain(args[1])
	default:
		err = errors.New("what?")
	}
	if err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func (l *lab) helper(args ...string) (out string, code int, r Report) {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	return l.exec(append([]string{self, "helper"}, args...)...)
}

// A lab is a machine in small: a checkout, a home, and a place for boxes.
type lab struct {
	t    *testing.T
	spec Spec
	env  []string
	repo string
	home string
	// owner is the lock of the gust of the run.
	owner *os.File
	// restriction is what the system withholds, "" if nothing.
	restriction string
}

// newLab makes one. Everything is outside of /tmp, which tests do not see.
func newLab(t *testing.T) *lab {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "gust-box-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	l := &lab{t: t, repo: filepath.Join(dir, "repo"), home: filepath.Join(dir, "home")}
	l.spec = Spec{Dir: filepath.Join(dir, "run"), Level: Full, Root: os.Getuid() == 0, Shown: []string{dir}}
	for _, d := range []string{l.repo, l.home, l.spec.Dir, filepath.Join(l.spec.Dir, PoolName)} {
		if err := os.Mkdir(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	l.write(l.spec.Dir, LockName, "")
	l.own()
	l.write(l.repo, "kept", "before")
	l.write(l.home, "dotfile", "before")
	l.spec.Trees = []Tree{{Name: "checkout", Path: l.repo}, {Name: "home", Path: l.home}}
	return l
}

// own makes this process the gust of the run.
func (l *lab) own() {
	l.t.Helper()
	var err error
	if l.owner, err = os.Create(filepath.Join(l.spec.Dir, OwnerName)); err == nil {
		err = syscall.Flock(int(l.owner.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = l.owner.Close() })
}

func (l *lab) write(dir, name, text string) {
	l.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

func (l *lab) read(dir, name string) string {
	l.t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		l.t.Fatal(err)
	}
	return string(data)
}

// run runs a shell script in a box.
func (l *lab) run(script string) (out string, code int, r Report) {
	l.t.Helper()
	return l.exec("/bin/sh", "-c", script)
}

func (l *lab) exec(argv ...string) (out string, code int, r Report) {
	l.t.Helper()
	return l.execAs(os.Getuid(), argv...)
}

// execAs runs a program in a box as a user.
func (l *lab) execAs(uid int, argv ...string) (out string, code int, r Report) {
	l.t.Helper()
	cmd := l.command(argv...)
	if uid != os.Getuid() {
		cmd.Path = l.copySelf()
	}
	cmd.SysProcAttr = asUser(uid)
	var buf bytes.Buffer
	cmd.Stdout, cmd.Stderr = &buf, &buf
	err := cmd.Run()
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		l.t.Fatal(err)
	}
	if ws, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		code = 128 + int(ws.Signal())
	} else {
		code = cmd.ProcessState.ExitCode()
	}
	return buf.String(), code, l.report()
}

func (l *lab) command(argv ...string) *exec.Cmd {
	l.t.Helper()
	self, err := os.Executable()
	if err != nil {
		l.t.Fatal(err)
	}
	value, err := l.spec.Encode()
	if err != nil {
		l.t.Fatal(err)
	}
	words := Words(self, "test", nil)
	if l.restriction != "" {
		self = l.copySelf()
		words = append([]string{self, "helper", "restricted", l.restriction}, Words(self, "test", nil)...)
	}
	cmd := exec.Command(words[0], append(words[1:], argv...)...)
	cmd.Dir = l.repo
	cmd.Env = append(os.Environ(), "HOME="+l.home, "TMPDIR=", "PWD="+l.repo, Var+"="+value)
	cmd.Env = append(cmd.Env, l.env...)
	return cmd
}

// report reads the report of the last test and removes it.
func (l *lab) report() (r Report) {
	l.t.Helper()
	names, err := filepath.Glob(filepath.Join(l.spec.Dir, ReportNames))
	if err != nil || len(names) != 1 {
		l.t.Fatalf("reports %q, error %v", names, err)
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		l.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		l.t.Fatal(err)
	}
	if err := os.Remove(names[0]); err != nil {
		l.t.Fatal(err)
	}
	return r
}
