package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gust-go/gust/internal/limit"
)

// Sandbox says in what gust test runs tests.
type Sandbox struct {
	// Mode is auto, strict or off.
	Mode string `toml:"mode"`
	// NetAllow are ports of this machine's loopback interface that tests may
	// connect to, such as 127.0.0.1:5432.
	NetAllow []string `toml:"net-allow"`
	// EnvAllow are names of variables that tests see in strict mode; a * at the
	// end stands for anything.
	EnvAllow []string `toml:"env-allow"`
	// Leaks is off, warn or fail.
	Leaks string `toml:"leaks"`
	// Limits are what tests may use of the machine.
	Limits Limits `toml:"limits"`
	// Env are variables, as NAME=VALUE, that tests see whatever the environment.
	Env []string `toml:"env"`
	// Seed is that of the order of tests, and of math/rand.
	Seed int `toml:"seed"`
	// ClockOffset is by how much the clocks that count from when the machine
	// started are ahead, such as 24h.
	ClockOffset string `toml:"clock-offset"`
	// Packages are packages that need something else.
	Packages []SandboxPackage `toml:"package"`
}

// Limits are what tests may use of the machine, "none" being a value, too.
type Limits struct {
	// Memory is of all processes of a package together, such as 512MiB.
	Memory string `toml:"memory"`
	// Processes is how many there are at once, threads included.
	Processes string `toml:"processes"`
	// OpenFiles is how many each process has open.
	OpenFiles string `toml:"open-files"`
	// FileSize is of each file.
	FileSize string `toml:"file-size"`
	// Disk is of all that is written aside.
	Disk string `toml:"disk"`
	// Time is for how long the tests of a package may run, such as 5m.
	Time string `toml:"time"`
}

// Set is what they come to. They have been checked.
func (l Limits) Set() limit.Set {
	s, _ := l.parse("")
	return s
}

func (l Limits) parse(key string) (limit.Set, error) {
	s := make(limit.Set)
	for name, text := range map[limit.Name]string{
		limit.Memory: l.Memory, limit.Processes: l.Processes, limit.OpenFiles: l.OpenFiles,
		limit.FileSize: l.FileSize, limit.Disk: l.Disk, limit.Time: l.Time,
	} {
		if text == "" {
			continue
		}
		n, err := limit.Parse(string(name), text)
		if err != nil {
			return nil, fmt.Errorf("%s.%w", key, err)
		}
		s[name] = n
	}
	return s, nil
}

// A SandboxPackage says what packages need. What it does not name is as for
// the others; the last one that matches counts.
type SandboxPackage struct {
	// Match is a directory below that of gust.toml, such as ./db, or with those
	// below it, ./db/... .
	Match string `toml:"match"`
	// Mode is auto, strict or off.
	Mode string `toml:"mode"`
	// Net is own, a network of the package's own, or host, that of the machine.
	Net string `toml:"net"`
	// NetAllow replaces that of the others.
	NetAllow []string `toml:"net-allow"`
	// Limits and Env are added to those of the others.
	Limits Limits   `toml:"limits"`
	Env    []string `toml:"env"`
}

// Dir is the directory of a match, and whether those below it match, too.
func (p SandboxPackage) Dir() (dir string, below bool) {
	dir, below = strings.CutSuffix(p.Match, "/...")
	return filepath.FromSlash(dir), below
}

func (s Sandbox) check() error {
	if err := oneOf("sandbox.mode", s.Mode, "auto", "strict", "off"); err != nil {
		return err
	}
	if err := oneOf("sandbox.leaks", s.Leaks, "off", "warn", "fail"); err != nil {
		return err
	}
	if err := checkAddresses(s.NetAllow); err != nil {
		return err
	}
	for _, name := range s.EnvAllow {
		if name == "" || strings.ContainsAny(strings.TrimSuffix(name, "*"), "*= ") {
			return fmt.Errorf("sandbox.env-allow: %q is no name of a variable", name)
		}
	}
	if _, err := s.Limits.parse("sandbox.limits"); err != nil {
		return err
	}
	if err := CheckEnv("sandbox.env", s.Env); err != nil {
		return err
	}
	if s.ClockOffset != "" {
		if _, err := time.ParseDuration(s.ClockOffset); err != nil {
			return fmt.Errorf("sandbox.clock-offset: %q is no time such as 24h", s.ClockOffset)
		}
	}
	for i, p := range s.Packages {
		dir, _ := p.Dir()
		if !strings.HasPrefix(p.Match, "./") || !filepath.IsLocal(dir) {
			return fmt.Errorf("sandbox.package %d: match: %q does not begin with ./", i+1, p.Match)
		}
		if err := oneOf("sandbox.package: mode", p.Mode, "auto", "strict", "off"); err != nil {
			return err
		}
		if err := oneOf("sandbox.package: net", p.Net, "own", "host"); err != nil {
			return err
		}
		if err := checkAddresses(p.NetAllow); err != nil {
			return err
		}
		if _, err := p.Limits.parse("sandbox.package: limits"); err != nil {
			return err
		}
		if err := CheckEnv("sandbox.package: env", p.Env); err != nil {
			return err
		}
	}
	return nil
}

// CheckEnv reports what is no variable with a value.
func CheckEnv(key string, list []string) error {
	for _, kv := range list {
		name, _, ok := strings.Cut(kv, "=")
		if !ok || name == "" || strings.ContainsAny(kv, "\x00") {
			return fmt.Errorf("%s: %q is not NAME=VALUE", key, kv)
		}
		if strings.HasPrefix(name, "GUST_") {
			return fmt.Errorf("%s: %s is gust's own", key, name)
		}
	}
	return nil
}

func oneOf(key, value string, values ...string) error {
	if value == "" || slices.Contains(values, value) {
		return nil
	}
	return fmt.Errorf("%s: %q is none of %s%s", key, value, strings.Join(values, ", "), nearest(value, values))
}

// maxAddresses is how many a sandbox can serve.
const maxAddresses = 64

func checkAddresses(addrs []string) error {
	for _, addr := range addrs {
		ap, err := netip.ParseAddrPort(addr)
		if err != nil || !ap.Addr().IsLoopback() || ap.Port() == 0 {
			return fmt.Errorf("net-allow: %q is no port of the loopback interface, such as 127.0.0.1:5432", addr)
		}
	}
	if len(addrs) > maxAddresses {
		return fmt.Errorf("net-allow: %d addresses, more than %d", len(addrs), maxAddresses)
	}
	return nil
}
