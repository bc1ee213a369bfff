package kconfig

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func read(t *testing.T, file string) *Config {
	t.Helper()
	c, err := ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRead(t *testing.T) {
	c := read(t, "testdata/old.config")
	for name, want := range map[string]string{
		"FUTEX": "y", "OLD_ONLY": "m", "OLD_UNSET": "n", "LOG_BUF_SHIFT": "14", "CMDLINE": `"a=b c # d"`,
		"TWICE": "m", "NOT_THERE": "n", "EMPTY": "", "lower_case": "y",
	} {
		if got := c.Value(name); got != want {
			t.Errorf("Value(%s) = %q, want %q", name, got, want)
		}
	}
	if !c.On("FUTEX") || !c.On("OLD_ONLY") || c.On("OLD_UNSET") || c.On("NOT_THERE") || c.Has("NOT_THERE") || !c.Has("OLD_UNSET") {
		t.Error("On or Has is wrong")
	}
	if c.Arch() != "amd64" || c.Release() != "6.1.1" {
		t.Errorf("head = %q, %q", c.Arch(), c.Release())
	}
}

func TestReadGzipAndJSON(t *testing.T) {
	plain := read(t, "testdata/new.config")
	text, err := os.ReadFile("testdata/new.config")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	_ = z.Close()
	got, err := Read(&packed)
	if err != nil || !reflect.DeepEqual(got, plain) {
		t.Errorf("from gzip with CRLF: %+v, %v", got, err)
	}
	data, err := json.Marshal(plain)
	if err != nil {
		t.Fatal(err)
	}
	back := new(Config)
	if err := json.Unmarshal(data, back); err != nil || !reflect.DeepEqual(back, plain) {
		t.Errorf("from JSON: %+v, %v", back, err)
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "no CONFIG_ line",
		"# Linux/x86 6.1.1 Kernel\n":   "no CONFIG_ line",
		"hello\n":                      `line 1: "hello" is neither`,
		"CONFIG_A=y\n<html>\n":         "line 2: ",
		"CONFIG_A\n":                   `"CONFIG_A" is no option`,
		"CONFIG_A B=y\n":               "is no option",
		"CONFIG_A=y\n\x00":             "binary file",
		"\x1f\x8bnot really gzip data": "gzip",
		"\x7fELF\x02\x01\x01":          "line 1",
	} {
		if _, err := Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Read(%q) = %v, want an error with %q", text, err, want)
		}
	}
	if _, err := Read(strings.NewReader("# CONFIG_A is not set")); err != nil {
		t.Errorf("an option that is off: %v", err)
	}
	if _, err := Read(io.LimitReader(endless{}, maxSize*2)); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("an endless file: %v", err)
	}
	if _, err := ReadFile(t.TempDir()); err == nil {
		t.Error("a directory gave no error")
	}
	if _, err := ReadFile("testdata/none"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '\n'
	}
	return len(p), nil
}

// TestDiff compares with what the kernel's scripts/diffconfig (Linux 6.1)
// printed for the same files, and with the script itself where
// GUST_DIFFCONFIG names it; it then takes the running kernel's config too.
func TestDiff(t *testing.T) {
	pairs := [][2]string{{"testdata/old.config", "testdata/new.config"}, {"testdata/new.config", "testdata/old.config"}}
	want, err := os.ReadFile("testdata/diffconfig.out")
	if err != nil {
		t.Fatal(err)
	}
	if got := diff(t, pairs[0]); got != string(want) {
		t.Errorf("the diff is\n%s\nwant\n%s", got, want)
	}
	script := os.Getenv("GUST_DIFFCONFIG")
	if script == "" {
		t.Log("SKIPPED the script itself: GUST_DIFFCONFIG names no scripts/diffconfig of a kernel")
		return
	}
	more, _ := filepath.Glob(os.Getenv("GUST_KCONFIGS"))
	for i := 1; i < len(more); i++ {
		pairs = append(pairs, [2]string{more[i-1], more[i]})
	}
	for _, pair := range pairs {
		out, err := exec.Command("python3", script, pair[0], pair[1]).Output()
		if err != nil {
			t.Fatal(err)
		}
		if got := diff(t, pair); got != string(out) {
			t.Errorf("%q: the diff of %d bytes is not the script's of %d", pair, len(got), len(out))
		}
		t.Logf("%q: %d bytes the same", pair, len(out))
	}
}

// TestCheckConfig compares what an option is with what moby's
// contrib/check-config.sh of August 2026 said of the same configurations:
// Debian's cloud kernel 6.1, which has much as modules, and a 6.18 with little
// in it. testdata holds the options that the script asks about, out of both.
func TestCheckConfig(t *testing.T) {
	for _, name := range []string{"cloud-6.1", "small-6.18"} {
		c := read(t, "testdata/"+name+".config")
		verdicts, err := os.ReadFile("testdata/" + name + ".verdicts")
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for line := range strings.Lines(string(verdicts)) {
			option, want, _ := strings.Cut(strings.TrimSpace(line), ": ")
			if got := c.Value(option); got != want || c.On(option) != (want != "n") {
				t.Errorf("%s: %s is %q, check-config says %q", name, option, got, want)
			}
			n++
		}
		if n < 80 {
			t.Errorf("%s: only %d options", name, n)
		}
	}
}

func diff(t *testing.T, pair [2]string) string {
	t.Helper()
	var b strings.Builder
	if err := WriteDiff(&b, Diff(read(t, pair[0]), read(t, pair[1]))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"CONFIG_A=y\n# CONFIG_B is not set\n", "\x1f\x8b\x08\x00", "# Linux/mips 5 Kernel Configuration\nCONFIG_64BIT=y", "CONFIG_=", "CONFIG_A==\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Read(bytes.NewReader(data))
		if err != nil {
			return
		}
		_ = c.Arch()
		if len(Diff(c, c)) != 0 {
			t.Error("a config differs from itself")
		}
		// What is written as a difference to nothing is the config itself.
		var text strings.Builder
		for _, name := range c.Names() {
			text.WriteString("CONFIG_" + name + "=" + c.Value(name) + "\n")
		}
		again, err := Read(strings.NewReader(text.String()))
		if err != nil {
			t.Fatalf("written anew: %v", err)
		}
		if d := Diff(c, again); len(d) != 0 {
			t.Errorf("written anew it differs: %+v", d)
		}
	})
}
