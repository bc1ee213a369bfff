package kconfig

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// maxSize bounds a configuration; real ones have some 300 KB.
const maxSize = 8 << 20

// A Config is a kernel configuration. It does not change.
type Config struct {
	values map[string]string
	// arch is the kernel's name of the architecture, release the version, from
	// the head of the file; both may be empty.
	arch, release string
}

// Value returns the value of an option, named without CONFIG_: y, m, n, a
// number, or a string in quotes. An option that is not there is n.
func (c *Config) Value(name string) string {
	if v, ok := c.values[name]; ok {
		return v
	}
	return "n"
}

// Has reports whether the file mentions the option, also as not set.
func (c *Config) Has(name string) bool {
	_, ok := c.values[name]
	return ok
}

// On reports whether an option is built in or a module.
func (c *Config) On(name string) bool {
	v := c.Value(name)
	return v == "y" || v == "m"
}

// Len is the number of options mentioned.
func (c *Config) Len() int { return len(c.values) }

// Names returns the options mentioned, sorted.
func (c *Config) Names() []string { return slices.Sorted(maps.Keys(c.values)) }

// Release is the kernel version in the head of the file, "" if there is none.
func (c *Config) Release() string { return c.release }

// Arch is the architecture as Go names it, "" if the file does not say.
func (c *Config) Arch() string {
	wide := c.On("64BIT")
	little := c.On("CPU_LITTLE_ENDIAN")
	pick := func(cond bool, yes, no string) string {
		if cond {
			return yes
		}
		return no
	}
	switch c.arch {
	case "x86", "x86_64", "i386":
		return pick(wide || c.arch == "x86_64", "amd64", "386")
	case "arm", "arm64":
		return c.arch
	case "powerpc":
		return pick(little, "ppc64le", "ppc64")
	case "s390":
		return "s390x"
	case "riscv":
		return pick(wide, "riscv64", "")
	case "loongarch":
		return "loong64"
	case "mips":
		return pick(wide, "mips64", "mips") + pick(little, "le", "")
	}
	return ""
}

// MarshalJSON writes the options as an object.
func (c *Config) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonConfig{c.arch, c.release, c.values})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Config) UnmarshalJSON(data []byte) error {
	var j jsonConfig
	if err := json.Unmarshal(data, &j); err != nil {
		return err
	}
	if len(j.Options) == 0 {
		return ErrNoConfig
	}
	*c = Config{j.Options, j.Arch, j.Release}
	return nil
}

type jsonConfig struct {
	Arch    string            `json:"arch,omitempty"`
	Release string            `json:"release,omitempty"`
	Options map[string]string `json:"options"`
}

// ErrNoConfig is the cause of the error for a file without any option.
var ErrNoConfig = errors.New("no kernel configuration: there is no CONFIG_ line in it")

// ReadFile reads a configuration, gzipped or not.
func ReadFile(file string) (*Config, error) {
	// A named pipe would make the opening wait for who writes to it.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return nil, fmt.Errorf("read kernel config: %q is not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, fmt.Errorf("read kernel config: %w", err)
	}
	defer f.Close()
	c, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("read kernel config %q: %w", file, err)
	}
	return c, nil
}

// Read reads a configuration, gzipped or not.
func Read(r io.Reader) (*Config, error) {
	b := bufio.NewReader(r)
	var src io.Reader = b
	if magic, err := b.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, err
		}
		src = z
	}
	data, err := io.ReadAll(io.LimitReader(src, maxSize+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxSize:
		return nil, fmt.Errorf("more than %d MB", maxSize>>20)
	case bytes.IndexByte(data, 0) >= 0:
		return nil, errors.New("a binary file")
	}
	return parse(string(data))
}

var headForm = regexp.MustCompile(`^# Linux/(\w+) (\S+) Kernel Configuration`)

func parse(text string) (*Config, error) {
	c := &Config{values: make(map[string]string, 8192)}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if m := headForm.FindStringSubmatch(line); m != nil && c.arch == "" {
			c.arch, c.release = m[1], m[2]
			continue
		}
		if err := c.line(line); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
	}
	if len(c.values) == 0 {
		return nil, ErrNoConfig
	}
	return c, nil
}

// line reads one line. The last of several for an option counts, as it does
// for the kernel's own tools.
func (c *Config) line(line string) error {
	if name, ok := strings.CutSuffix(line, " is not set"); ok {
		if name, ok := strings.CutPrefix(name, "# CONFIG_"); ok && isName(name) {
			c.values[name] = "n"
		}
		return nil
	}
	rest, ok := strings.CutPrefix(line, "CONFIG_")
	if !ok {
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			return fmt.Errorf("%.40q is neither an option nor a comment", line)
		}
		return nil
	}
	name, value, ok := strings.Cut(rest, "=")
	if !ok || !isName(name) {
		return fmt.Errorf("%.40q is no option", line)
	}
	c.values[name] = value
	return nil
}

// isName reports whether s can be an option: letters, digits and underscores.
func isName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool {
		return !(r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}) < 0
}
