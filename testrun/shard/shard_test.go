package shard

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestParse(t *testing.T) {
	if s, err := Parse("2/5"); err != nil || s != (Share{2, 5}) {
		t.Errorf("Parse(2/5) = %v, %v", s, err)
	}
	for _, text := range []string{"", "2", "/", "0/3", "4/3", "-1/3", "1/0", "1/x", "1/3/5", "1/99999999999", " 1/3"} {
		if s, err := Parse(text); err == nil {
			t.Errorf("Parse(%q) = %v, want an error", text, s)
		}
	}
}

// TestSplitProperties tries random packages and durations: the shares are
// disjoint, together they are everything, the order of the arguments does not
// matter, and the longest share keeps the bound of the method.
func TestSplitProperties(t *testing.T) {
	for seed := range uint64(300) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		durations := make(map[string]time.Duration)
		var packages []string
		for i := range rnd.IntN(60) {
			name := fmt.Sprintf("m/p%d", i)
			packages = append(packages, name)
			if rnd.IntN(4) > 0 {
				durations[name] = time.Duration(rnd.ExpFloat64() * float64(time.Second))
			}
		}
		durations["m/of/another/module"] = time.Hour
		n := 1 + rnd.IntN(9)
		plan := Split(packages, durations, n)
		if got := slices.Sorted(slices.Values(slices.Concat(plan.Shares...))); !slices.Equal(got, slices.Sorted(slices.Values(packages))) {
			t.Fatalf("seed %d: the shares together are %q, want %q", seed, got, packages)
		}
		shuffled := slices.Clone(packages)
		rnd.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		if again := Split(append(shuffled, packages...), maps.Clone(durations), n); again.Digest() != plan.Digest() {
			t.Fatalf("seed %d: order or repetition changes the split", seed)
		}
		checkBound(t, seed, plan, n)
	}
}

// checkBound: no share is longer than the mean plus the longest package.
func checkBound(t *testing.T, seed uint64, plan Plan, n int) {
	t.Helper()
	var sum time.Duration
	for _, load := range plan.Loads {
		sum += load
	}
	least := slices.Min(plan.Loads)
	if mean := sum / time.Duration(n); least > mean {
		t.Errorf("seed %d: the shortest share takes %s, the mean is %s", seed, least, mean)
	}
	for i, load := range plan.Loads {
		if len(plan.Shares[i]) > 1 && load > 2*least+time.Nanosecond {
			// With more than one package, the last one given is no longer than
			// any before it, and went to what was the shortest share.
			t.Errorf("seed %d: a share of %d packages takes %s, the shortest %s", seed, len(plan.Shares[i]), load, least)
		}
	}
}

func TestSplitWithoutDurations(t *testing.T) {
	plan := Split([]string{"a", "b", "c", "d", "e"}, nil, 2)
	if got := fmt.Sprint(plan.Shares); got != "[[a c e] [b d]]" || plan.Unknown != 5 {
		t.Errorf("shares %s, %d unknown", got, plan.Unknown)
	}
}

func TestDurationsFile(t *testing.T) {
	want := map[string]time.Duration{"m/a": time.Second, "m/b": 5}
	var b bytes.Buffer
	if err := WriteDurations(&b, want); err != nil {
		t.Fatal(err)
	}
	got, err := ReadDurations(&b)
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for _, text := range []string{"", "{}", `{"v":2}`, `{"v":1,"packages_ns":{"a":-1}}`, `{"v":1,"other":1}`} {
		if _, err := ReadDurations(strings.NewReader(text)); err == nil {
			t.Errorf("ReadDurations(%q) gave no error", text)
		}
	}
}
