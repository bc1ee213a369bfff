//go:build unix

package runexec

import (
	"slices"
	"testing"
)

func TestRestore(t *testing.T) {
	for _, before := range [][]string{
		nil,
		{"A=1", "B=x=y"},
		{"A=1", "GOCACHE=/a b\"\n'c", "B=2"},
		{"GUST_DEPTH=2", "GOCACHE=", "A=1", "GUST_TOOLEXEC={}", "GUST_RUN_ENV=\"A=9\"\n"},
	} {
		during := append(slices.Clone(before), "GOCACHE=/gust", "GUST_TOOLEXEC={\"a\":1}", "GUST_DEPTH=1", Var+"="+Encode(before))
		// os/exec keeps the last value of each.
		seen := map[string]int{}
		var env []string
		for _, kv := range during {
			name := kv[:slices.Index([]byte(kv), '=')]
			if i, ok := seen[name]; ok {
				env[i] = kv
				continue
			}
			seen[name] = len(env)
			env = append(env, kv)
		}
		after := Restore(env)
		slices.Sort(after)
		want := slices.Sorted(slices.Values(before))
		if !slices.Equal(after, want) {
			t.Errorf("%q came back as %q", before, after)
		}
	}
}

func TestMainCannot(t *testing.T) {
	if code := Main([]string{t.TempDir() + "/none"}); code != 1 {
		t.Errorf("exit code %d", code)
	}
}
