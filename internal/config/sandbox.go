package config

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
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
	// Packages are packages that need something else.
	Packages []SandboxPackage `toml:"package"`
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
