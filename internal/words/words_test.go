package words

import "testing"

func TestCount(t *testing.T) {
	for n, want := range map[int]string{0: "0 modules", 1: "1 module", 2: "2 modules", -1: "-1 modules"} {
		if got := Count(n, "module"); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
	if got := Counts(2, "entry", "entries"); got != "2 entries" {
		t.Errorf("Counts(2) = %q", got)
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1000 << 10: "1000.0 KiB", 1<<20 - 1: "1.0 MiB",
		1 << 20: "1.0 MiB", 1536 << 20: "1.5 GiB", 1<<63 - 1: "8.0 EiB",
	} {
		if got := Size(n); got != want {
			t.Errorf("Size(%d) = %q, want %q", n, got, want)
		}
	}
}
