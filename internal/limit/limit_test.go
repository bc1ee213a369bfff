package limit

import (
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	for _, test := range []struct {
		name  Name
		text  string
		value int64
		shown string
	}{
		{Memory, "512MiB", 512 << 20, "the memory limit of 512 MiB"},
		{Memory, "1.5g", 3 << 29, "the memory limit of 1.5 GiB"},
		{Disk, "1000", 1000, "the limit of 1000 bytes written to disk"},
		{FileSize, "64 MB", 64e6, "the limit of 61 MiB for one file"},
		{Processes, "200", 200, "the limit of 200 processes and threads"},
		{OpenFiles, "64", 64, "the limit of 64 open files of a process"},
		{Time, "5m", int64(5 * time.Minute), "the time limit of 5m"},
		{Time, "1h", int64(time.Hour), "the time limit of 1h"},
		{Time, "90s", int64(90 * time.Second), "the time limit of 1m30s"},
		{Memory, "none", None, "the memory limit of none"},
	} {
		got, err := Parse(string(test.name), test.text)
		if err != nil || got != test.value {
			t.Errorf("%s %q: %d, %v", test.name, test.text, got, err)
		}
		if shown := Text(test.name, got); shown != test.shown {
			t.Errorf("%q, want %q", shown, test.shown)
		}
		// What is shown can be written.
		if again, err := Parse(string(test.name), Format(test.name, got)); test.name != Disk && (err != nil || again != got && test.text != "64 MB") {
			t.Errorf("%s: %q is %d, %v", test.name, Format(test.name, got), again, err)
		}
	}
	for _, bad := range [][2]string{{"memory", ""}, {"memory", "-1"}, {"memory", "0"}, {"memory", "5 apples"}, {"memory", "1e30T"}, {"processes", "1"}, {"processes", "1k"},
		{"open-files", "3"}, {"time", "5"}, {"time", "-5s"}, {"time", "0s"}, {"cpu", "1"}, {"", "1"}, {"memory", "NaN"}, {"memory", "inf"}} {
		if n, err := Parse(bad[0], bad[1]); err == nil {
			t.Errorf("%s=%q is %d", bad[0], bad[1], n)
		}
	}
}

func TestSet(t *testing.T) {
	s, err := ParseSet("memory=1GiB, processes=100")
	if err != nil || len(s) != 2 {
		t.Fatal(s, err)
	}
	s = s.With(Set{Processes: None, Time: 5})
	if n, ok := s.Of(Memory); !ok || n != 1<<30 {
		t.Error(n, ok)
	}
	if n, ok := s.Of(Processes); ok {
		t.Error("a limit of", n)
	}
	if _, ok := Set(nil).Of(Disk); ok {
		t.Error("a limit without any")
	}
	for _, bad := range []string{"", "memory", "memory=1GiB,", "x=1"} {
		if s, err := ParseSet(bad); err == nil {
			t.Errorf("%q is %v", bad, s)
		}
	}
}
