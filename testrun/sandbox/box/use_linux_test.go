package box

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// useMain uses that much of something, and never more, should nothing stop it.
func useMain(what, amount string) error {
	n, err := strconv.Atoi(amount)
	if err != nil {
		return err
	}
	switch what {
	case "memory": // MiB, and what it has reserved besides
		if n > 50 {
			return eat(n, 2*time.Minute)
		}
		return eat(n, time.Second/4)
	case "memory-of-children":
		for range 4 {
			if err := exec.Command("/proc/self/exe", "helper", "use", "memory", strconv.Itoa(n/4)).Start(); err != nil {
				return err
			}
		}
		time.Sleep(2 * time.Minute)
	case "processes":
		for range n {
			cmd := exec.Command("/bin/sleep", "120")
			// What is started has nobody to wait for it, and a session of its own.
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			if err := cmd.Start(); err != nil {
				return err
			}
		}
		if n > 50 {
			time.Sleep(2 * time.Minute)
		}
	case "fork-without-end":
		return forkMain(n)
	case "open-files":
		var files []*os.File
		for range n {
			f, err := os.Open("/dev/null")
			if err != nil {
				time.Sleep(time.Second / 2) // hold them
				return err
			}
			files = append(files, f)
		}
		return files[0].Close()
	case "file-size": // MiB
		return fill(filepath.Join(os.TempDir(), "file"), n)
	case "disk": // MiB in files of 1
		for i := range n {
			if err := fill(filepath.Join(os.TempDir(), "file"+strconv.Itoa(i)), 1); err != nil {
				return err
			}
		}
		time.Sleep(2 * time.Minute)
	case "time": // seconds
		time.Sleep(time.Duration(n) * time.Second)
	}
	return nil
}

// eat uses memory, after reserving some that it does not use.
func eat(mib int, hold time.Duration) error {
	if _, err := syscall.Mmap(-1, 0, 1<<36, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE); err != nil {
		return fmt.Errorf("reserve 64 GiB: %w", err)
	}
	for range mib {
		b, err := syscall.Mmap(-1, 0, 1<<20, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			return err
		}
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
	}
	time.Sleep(hold)
	return nil
}

// forkMain starts itself twice, n deep: each process forgets about its children.
func forkMain(n int) error {
	for range 2 {
		if n > 0 {
			_ = exec.Command("/proc/self/exe", "helper", "use", "fork-without-end", strconv.Itoa(n-1)).Start()
		}
	}
	time.Sleep(2 * time.Minute)
	return nil
}

func fill(path string, mib int) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	buf := make([]byte, 1<<20)
	for range mib {
		if _, err = f.Write(buf); err != nil {
			break
		}
	}
	return errors.Join(err, f.Close())
}
