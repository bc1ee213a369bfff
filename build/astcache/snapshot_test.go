package astcache

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

func sample() *Snapshot {
	sums := &Sums{Content: Sum{1}, Code: Sum{2}, Shape: Sum{3}}
	return &Snapshot{
		Unproven: true,
		Dirs: []Dir{
			{Path: "/a", Rule: Whole, Stat: 1, Files: []File{{Name: "x", Mode: Fixed, Stat: 5}, {Name: "y", Mode: Kind}}},
			{Path: "/b", Rule: All, Stat: 2, Names: Sum{4}, Racy: true, Files: []File{{Name: "z.go", Mode: Code, Racy: true, Stat: 1 << 63, Sums: sums}}},
		},
		Imports: []string{"a", "b"},
		Tools:   []Tool{{Name: "gcc", Path: "/usr/bin/gcc"}},
		Repo:    "/r", Stamp: "s",
		Outputs: []Output{{Path: "/o", Stat: 9}},
	}
}

func TestCodec(t *testing.T) {
	s := sample()
	data := s.encode()
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	got.id = s.id
	if !reflect.DeepEqual(got, s) {
		t.Errorf("got %+v\nwant %+v", got, s)
	}
	for i := range data {
		flipped := bytes.Clone(data)
		flipped[i] ^= 1
		if _, err := decode(flipped); err == nil {
			t.Errorf("a flipped bit in byte %d is not noticed", i)
		}
		if _, err := decode(data[:i]); err == nil {
			t.Errorf("a snapshot cut after %d bytes is not noticed", i)
		}
	}
}

// FuzzDecode feeds the decoder what has a valid checksum.
func FuzzDecode(f *testing.F) {
	const head = len(magic) + 32
	f.Add(sample().encode()[head:])
	f.Fuzz(func(t *testing.T, body []byte) {
		data := append(make([]byte, head), body...)
		copy(data, magic)
		sum := sha256.Sum256(body)
		copy(data[len(magic):], sum[:])
		if s, err := decode(data); err == nil {
			if again, err := decode(s.encode()); err != nil || len(again.Dirs) != len(s.Dirs) {
				t.Errorf("what was read cannot be written and read: %v", err)
			}
		}
	})
}

func TestSaveKeepsOutputsApart(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "current", "key")
	s := sample()
	if err := s.Save(file); err != nil {
		t.Fatal(err)
	}
	loaded, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Outputs[0].Stat = 77
	if err := (&Verdict{snap: loaded}).Save(file); err != nil {
		t.Fatal(err)
	}
	if again, err := Load(file); err != nil || again.Outputs[0].Stat != 77 {
		t.Errorf("the state of the output was lost: %v", err)
	}
	// Another snapshot knows nothing of that state.
	s.Unproven = false
	if err := s.Save(file); err != nil {
		t.Fatal(err)
	}
	if again, err := Load(file); err != nil || again.Outputs[0].Stat != 9 {
		t.Errorf("a new snapshot has the state of an old one: %v", err)
	}
	if err := os.Truncate(file+touchedSuffix, 35); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(file); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(filepath.Dir(file)); len(entries) != 2 {
		t.Errorf("%d files are left, want 2", len(entries))
	}
}

func TestTrim(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{"new": 0, "old": 2 * keep, "used": 2 * keep, "used.out": 0, "dead.out": 2 * keep} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	Trim(dir, now)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != "new used used.out" {
		t.Errorf("left are %s", got)
	}
}

func TestKeySeparatesParts(t *testing.T) {
	if Key([]string{"a", "b"}, nil) == Key([]string{"a"}, []string{"b"}) || Key([]string{"ab"}) == Key([]string{"a", "b"}) {
		t.Error("different parts have one key")
	}
}

// watched is a snapshot of one file by itself.
func watched(t *testing.T, mode Mode, text string) (*Snapshot, string) {
	t.Helper()
	if !Supported {
		t.Skip("needs stat")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "x.go")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	s := &Snapshot{Dirs: []Dir{{Path: dir, Rule: Unlisted, Files: []File{{Name: "x.go", Mode: mode}}}}}
	later := time.Now().Add(time.Minute)
	c := &collector{Build: Build{Before: Before{At: later}, Listed: later}}
	if err := c.fill(s); err != nil {
		t.Fatal(err)
	}
	s.Unproven = false
	return s, file
}

var nowhere = World{
	Lookup: func(string) string { return "" },
	Stamp:  func(string) (string, error) { return "", errors.New("no repository") },
}

// TestRacy writes a file again in the tick in which it was looked at, which
// leaves stat as it is: here by taking the digest of the later state.
func TestRacy(t *testing.T) {
	s, file := watched(t, Code, "package p\n")
	if err := os.WriteFile(file, []byte("package q\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	f := &s.Dirs[0].Files[0]
	l, err := statPath(file)
	if err != nil {
		t.Fatal(err)
	}
	f.Stat = l.digest
	f.Racy = false
	if v := Check(s, nowhere); !v.Current {
		t.Fatalf("the test does not do what it should: %s", v.Why)
	}
	f.Racy = true
	if v := Check(s, nowhere); v.Current {
		t.Error("a racy file was not read again")
	}
}

func TestRacyTimes(t *testing.T) {
	at := time.Now()
	for _, test := range []struct {
		age    time.Duration
		coarse bool
		want   bool
	}{
		{0, false, true}, {5 * time.Millisecond, false, true}, {time.Second, false, false},
		{time.Second, true, true}, {3 * time.Second, true, false}, {-time.Hour, false, true},
	} {
		l := look{digest: 1, changed: at.Add(-test.age).UnixNano(), coarse: test.coarse}
		if l.racy(at) != test.want {
			t.Errorf("age %v, coarse %v: racy is %v", test.age, test.coarse, !test.want)
		}
	}
}

// TestCheckModes changes a file in one way for every mode.
func TestCheckModes(t *testing.T) {
	const was = "package p // a\n"
	tests := []struct {
		mode            Mode
		now             string
		current, relist bool
	}{
		{Fixed, was, false, true}, // stat differs, and nothing else is known
		{Kind, "anything", true, false},
		{Bytes, was, true, false},
		{Bytes, "package p // b\n", false, false},
		{Config, was, true, false},
		{Config, "package p // b\n", false, true},
		{Code, "package p // b\n", true, false},
		{Code, "package p; var X int\n", false, false},
		{Code, "package q\n", false, true},
		{Code, "package p; import \"fmt\"\n", false, true},
		{Code, "package p; import \"known\"\n", false, false},
		{Exact, was, true, false},
		{Exact, "package p // b\n", false, false},
		{Exact, "package q // b\n", false, true},
		{Head, "package p; var X int\n", true, false},
		{Head, "package q\n", false, true},
	}
	for _, test := range tests {
		s, file := watched(t, test.mode, was)
		s.Imports = []string{"known"}
		if err := os.WriteFile(file+"~", []byte(test.now), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(file+"~", file); err != nil {
			t.Fatal(err)
		}
		if v := Check(s, nowhere); v.Current != test.current || v.Relist != test.relist {
			t.Errorf("mode %d, %q: current %v, relist %v (%s)", test.mode, test.now, v.Current, v.Relist, v.Why)
		}
		s, file = watched(t, test.mode, was)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if v := Check(s, nowhere); v.Current || !v.Relist {
			t.Errorf("mode %d: a file that is gone does not matter", test.mode)
		}
	}
}

// TestRenewSeesMoves changes a file between the check and the end of a build.
func TestRenewSeesMoves(t *testing.T) {
	for name, move := range map[string]func(file string) error{
		"nothing":   func(string) error { return nil },
		"edit":      func(file string) error { return os.WriteFile(file, []byte("package q\n"), 0o666) },
		"same text": func(file string) error { return os.WriteFile(file, []byte("package p\n"), 0o666) },
		"gone":      os.Remove,
	} {
		s, file := watched(t, Code, "package p\n")
		v := Check(s, nowhere)
		if err := move(file); err != nil {
			t.Fatal(err)
		}
		if _, err := v.Renew(time.Now()); (err == nil) != (name == "nothing") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBothModes(t *testing.T) {
	for _, test := range [][3]Mode{
		{Code, Code, Code}, {Code, Bytes, Exact}, {Bytes, Code, Exact}, {Exact, Bytes, Exact}, {Exact, Code, Exact},
		{Head, Bytes, Config}, {Head, Code, Config}, {Config, Code, Config}, {Kind, Config, Config}, {Fixed, Bytes, Bytes}, {Fixed, Kind, Kind},
	} {
		if got := both(test[0], test[1]); got != test[2] {
			t.Errorf("both %d and %d give %d, want %d", test[0], test[1], got, test[2])
		}
	}
}
