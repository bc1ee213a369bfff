package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gust-go/gust/kernelcheck/fact"
	"github.com/gust-go/gust/kernelcheck/kconfig"
)

// Read gathers the facts. configFile overrides where the kernel's
// configuration is looked for; an error is only ever about that file.
func Read(configFile string) (*fact.Host, error) {
	h := &fact.Host{
		V: fact.SnapshotVersion, Name: "this host", OS: runtime.GOOS, Arch: runtime.GOARCH,
		UID: os.Getuid(), Seccomp: -1, CPU: fact.CPU{Count: runtime.NumCPU()},
	}
	readSystem(h)
	return h, findConfig(h, configFile)
}

// Foreign starts the facts about a host that is described rather than looked
// at.
func Foreign(release, arch, level, configFile string) (*fact.Host, error) {
	h := &fact.Host{V: fact.SnapshotVersion, Name: "the host described", OS: "linux", Arch: arch, UID: -1, Seccomp: -1, Release: release}
	if configFile != "" {
		c, err := kconfig.ReadFile(configFile)
		if err != nil {
			return nil, err
		}
		h.Config, h.ConfigFrom = c, configFile
		if h.Arch == "" {
			h.Arch = c.Arch()
		}
		if h.Release == "" {
			h.Release = c.Release()
		}
	}
	if h.Release != "" {
		r, err := fact.ParseRelease(h.Release)
		if err != nil {
			return nil, err
		}
		h.Android = r.Android
	}
	h.CPU.Level = level
	return h, nil
}

// Candidates are where the configuration of a kernel may be.
func Candidates(release string) []string {
	list := []string{"/proc/config.gz"}
	if release != "" && filepath.Base(release) == release {
		list = append(list, "/boot/config-"+release, "/lib/modules/"+release+"/config", "/usr/lib/modules/"+release+"/config")
	}
	return list
}

func findConfig(h *fact.Host, file string) error {
	if file != "" {
		c, err := kconfig.ReadFile(file)
		if err != nil {
			return err
		}
		h.Config, h.ConfigFrom = c, file
		return nil
	}
	if h.OS != "linux" {
		h.ConfigFrom = "not Linux"
		return nil
	}
	var tried []string
	for _, file := range Candidates(h.Release) {
		c, err := kconfig.ReadFile(file)
		if err == nil {
			h.Config, h.ConfigFrom = c, file
			return nil
		}
		why := "unreadable"
		switch {
		case errors.Is(err, fs.ErrNotExist):
			why = "missing"
		case errors.Is(err, fs.ErrPermission):
			why = "permission denied"
		}
		tried = append(tried, file+" "+why)
	}
	h.ConfigFrom = fmt.Sprintf("not readable: %s", strings.Join(tried, ", "))
	return nil
}

// text reads a small file, "" if it cannot.
func text(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}
