package objfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const source = `package p

//go:noinline
func Kept(x int) int { return x }
func Small(x int) int { return Kept(x) + 1 }
func Caller(x int) int { return Small(x) }
func (t *T) Get() func() int { return func() int { return Small(t.a) } }

type T struct{ a int }
`

// compile compiles source with the go in PATH.
func compile(t testing.TB) []byte {
	t.Helper()
	dir := t.TempDir()
	file, out := filepath.Join(dir, "p.go"), filepath.Join(dir, "p.a")
	if err := os.WriteFile(file, []byte(source), 0o666); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "tool", "compile", "-p", "example.com/p.v2", "-pack", "-o", out, "-buildid", "action/action", file)
	if msg, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, msg)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseAndBytes(t *testing.T) {
	b := compile(t)
	a, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if a.BuildID != "action/action" || !strings.HasPrefix(a.Header, "go object ") {
		t.Errorf("header %q, build ID %q", a.Header, a.BuildID)
	}
	if !bytes.Equal(a.Bytes(), b) {
		t.Error("taking apart and assembling changed the archive")
	}
	// A build ID of another length is put in both members, and back.
	a.BuildID = "another/another!"
	c, err := Parse(a.Bytes())
	if err != nil || c.BuildID != "another/another!" {
		t.Fatalf("build ID %q, %v", c.BuildID, err)
	}
	c.BuildID = "action/action"
	if !bytes.Equal(c.Bytes(), b) {
		t.Error("replacing the build ID changed more than that")
	}
	e, err := ParseExport(b)
	if err != nil || !bytes.Equal(e.Export, a.Export) {
		t.Errorf("ParseExport: other export data, %v", err)
	}
}

func TestParseRefusesMoreMembers(t *testing.T) {
	b := compile(t)
	more := bytes.Join(appendMember([][]byte{b}, "asm.o", []byte("x")), nil)
	if _, err := Parse(more); !errors.Is(err, ErrFormat) {
		t.Errorf("archive with assembly: %v, want ErrFormat", err)
	}
	if _, err := ParseExport(more); err != nil {
		t.Errorf("export data of an archive with assembly: %v", err)
	}
}

func TestContents(t *testing.T) {
	a, err := Parse(compile(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := a.Contents()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"example.com/p%2ev2.Small"}; !slices.Equal(c.Described, want) {
		t.Errorf("described %q, want %q", c.Described, want)
	}
	const prefix = "example.com/p%2ev2."
	inlined := map[string][]string{}
	for _, f := range c.Funcs {
		var names []string
		for _, r := range f.Inlined {
			names = append(names, fmt.Sprint(strings.TrimPrefix(r.Name, prefix), r.Own))
		}
		inlined[strings.TrimPrefix(f.Name, prefix)] = names
		if len(f.Files) != 1 || filepath.Base(f.Files[0]) != "p.go" {
			t.Errorf("%s: files %q", f.Name, f.Files)
		}
	}
	for name, want := range map[string][]string{
		"Kept": nil, "Small": nil, "Caller": {"Smalltrue"}, "(*T).Get.func1": {"Smalltrue"},
	} {
		got, ok := inlined[name]
		if !ok || !slices.Equal(got, want) {
			t.Errorf("%s: inlined %q (listed %v), want %q", name, got, ok, want)
		}
	}
}

func TestSetFingerprints(t *testing.T) {
	a, err := Parse(compile(t))
	if err != nil {
		t.Fatal(err)
	}
	a.Export = append(a.Export[:len(a.Export)-8:len(a.Export)-8], "12345678"...)
	if err := a.SetFingerprints(nil); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(a.Bytes(), []byte(goobjMagic+"12345678")) {
		t.Error("the object's header does not have the export data's fingerprint")
	}
	absent := map[Fingerprint]Fingerprint{{1}: {2}}
	if err := a.SetFingerprints(absent); !errors.Is(err, ErrFormat) {
		t.Errorf("an import that is not there: %v, want ErrFormat", err)
	}
}

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"fmt": "fmt", "gopkg.in/yaml.v3": "gopkg.in/yaml%2ev3", "a b/c%": "a%20b/c%25", "ä": "%c3%a4",
	} {
		if got := Escape(in); got != want {
			t.Errorf("Escape(%q) = %q, want %q", in, got, want)
		}
	}
}

// Damage anywhere gives an error or a result, never a panic.
func FuzzDamage(f *testing.F) {
	b := compile(f)
	for at := 0; at < len(b); at += 97 {
		f.Add(at, byte(0xff), len(b))
	}
	f.Add(0, byte(0), 60)
	f.Fuzz(func(t *testing.T, at int, x byte, size int) {
		c := bytes.Clone(b)
		if at >= 0 && at < len(c) {
			c[at] ^= x
		}
		if size >= 0 && size < len(c) {
			c = c[:size]
		}
		_, _ = ParseExport(c)
		a, err := Parse(c)
		if err != nil {
			return
		}
		_, _ = a.Contents()
		_ = a.SetFingerprints(map[Fingerprint]Fingerprint{{1}: {2}})
	})
}
