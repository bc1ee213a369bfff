package box

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestRungAttacks: what a program can do on the lower rungs of the ladder is what
// the table of docs/sandbox.md says, no less and no more.
func TestRungAttacks(t *testing.T) {
	if abi, err := landlockABI(); err != nil || abi < 6 {
		t.Skipf("SKIPPED: Landlock of version 6 is needed (Linux 6.12): %d, %v", abi, err)
	}
	// What all have in common.
	shared := []string{"kill the process group", "survive by a double fork", "reach the host's loopback", "reach the SSH agent", "hand a descriptor to a program"}
	files := []string{"write to the checkout", "remove a file of the checkout", "write to HOME", "write to the build cache", "write to others' /tmp"}
	for _, test := range []struct {
		level  Level
		strict bool
		may    []string
	}{
		{Landlock, true, shared},
		{Landlock, false, slices.Concat(shared, files, []string{"read a secret in HOME"})},
		{Basic, false, slices.Concat(shared, files, []string{"read a secret in HOME", "reach an abstract socket", "kill a process", "kill all processes", "trace a process"})},
	} {
		for _, uid := range users() {
			if test.level == Basic && uid == 0 {
				continue // root can do anything there
			}
			t.Run(fmt.Sprintf("%s,strict=%v,uid=%d", test.level, test.strict, uid), func(t *testing.T) {
				t.Parallel()
				l, aim := newTarget(t, uid)
				l.spec.Level, l.spec.Least, l.spec.Strict = test.level, test.level, test.strict
				if test.strict {
					l.spec.Home, l.spec.Env = l.home, []string{"HOME", "PATH"}
					l.spec.Readable = []string{"/usr", "/lib", "/lib64", "/bin", "/proc", "/sys", "/dev"}
				}
				aim.Ask = true
				if test.level == Basic {
					aim.Skip = []string{"kill a process"} // it is to be there afterwards
				}
				out, r := l.attacked(uid, aim)
				var got map[string]string
				if err := json.Unmarshal(out, &got); err != nil || r.Level != test.level {
					t.Fatalf("output %s, report %+v, error %v", out, r, err)
				}
				for _, name := range slices.Sorted(maps.Keys(got)) {
					t.Logf("%-40s %s", name, got[name])
					if name == "kill all processes" {
						continue // there may be others of the test's own
					}
					if succeeded := got[name] == ""; succeeded != slices.Contains(test.may, name) {
						t.Errorf("%s: %q", name, got[name])
					}
				}
				if len(got) != len(attacks)-len(aim.Skip) {
					t.Errorf("%d outcomes of %d attacks", len(got), len(attacks))
				}
				if test.strict {
					l.unharmed(aim)
				} else if len(r.InPlace) == 0 && test.level == Landlock {
					t.Error("nothing is said of what was written")
				}
				l.outsideUnharmed(aim)
			})
		}
	}
}
