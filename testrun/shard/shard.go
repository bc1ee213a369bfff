// Package shard splits packages among machines that each test a share.
//
// Every machine works out the whole split by itself, so it must come out the
// same everywhere: [Split] depends on nothing but its arguments. Durations
// that differ from machine to machine, such as those of each one's own test
// history, would lose packages; they come from a file that all share
// ([ReadDurations]), and [Plan.Digest] shows whether they did.
package shard

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Share is one of several: Index counts from 1 to Count.
type Share struct{ Index, Count int }

// maxCount bounds the number of shares to what makes sense.
const maxCount = 10_000

// Parse reads a share such as 2/5.
func Parse(text string) (Share, error) {
	index, count, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(count)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > maxCount || i < 1 || i > n {
		return Share{}, fmt.Errorf("%q is not a share such as 1/3", text)
	}
	return Share{Index: i, Count: n}, nil
}

// A Plan is a complete split.
type Plan struct {
	// Shares has the packages of each share, sorted.
	Shares [][]string
	// Loads is the expected time of each share.
	Loads []time.Duration
	// Unknown counts packages without a duration.
	Unknown int
}

// Split gives each package to one of n shares. The longest go first, each to
// the share with the least to do so far, which keeps the longest share within
// 4/3 of the best possible. A package without a duration counts as an average
// one. Packages that appear twice are counted once.
func Split(packages []string, durations map[string]time.Duration, n int) Plan {
	plan := Plan{Shares: make([][]string, n), Loads: make([]time.Duration, n)}
	type item struct {
		name string
		time time.Duration
	}
	var items []item
	average := averageOf(packages, durations)
	for _, name := range slices.Compact(slices.Sorted(slices.Values(packages))) {
		d, ok := durations[name]
		if !ok {
			d = average
			plan.Unknown++
		}
		items = append(items, item{name, d})
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(b.time, a.time) })
	for _, it := range items {
		least := 0
		for i := range plan.Shares {
			if plan.before(i, least) {
				least = i
			}
		}
		plan.Shares[least] = append(plan.Shares[least], it.name)
		plan.Loads[least] += it.time
	}
	for _, share := range plan.Shares {
		slices.Sort(share)
	}
	return plan
}

// before orders shares by what they have to do, and by the number of
// packages, each of which has to be linked, where that is the same.
func (p Plan) before(i, j int) bool {
	return cmp.Or(cmp.Compare(p.Loads[i], p.Loads[j]), cmp.Compare(len(p.Shares[i]), len(p.Shares[j]))) < 0
}

func averageOf(packages []string, durations map[string]time.Duration) time.Duration {
	var sum time.Duration
	known := 0
	for _, name := range packages {
		if d, ok := durations[name]; ok {
			sum += d
			known++
		}
	}
	if known == 0 {
		return time.Second
	}
	return sum / time.Duration(known)
}

// Digest is the same for two plans only if they are the same.
func (p Plan) Digest() string {
	h := sha256.New()
	for _, share := range p.Shares {
		fmt.Fprintf(h, "%q\n", share)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6])
}

// durationsFile is the form of a file of durations.
type durationsFile struct {
	V int `json:"v"`
	// Packages holds nanoseconds by import path.
	Packages map[string]time.Duration `json:"packages_ns"`
}

// WriteDurations writes a file for ReadDurations. The same durations give the
// same bytes.
func WriteDurations(w io.Writer, durations map[string]time.Duration) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	if err := enc.Encode(durationsFile{V: 1, Packages: durations}); err != nil {
		return fmt.Errorf("write durations: %w", err)
	}
	return nil
}

// ReadDurations reads what WriteDurations wrote.
func ReadDurations(r io.Reader) (map[string]time.Duration, error) {
	var file durationsFile
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("read durations: %w", err)
	}
	if file.V != 1 {
		return nil, fmt.Errorf("read durations: version %d is not 1", file.V)
	}
	for name, d := range file.Packages {
		if d < 0 {
			return nil, fmt.Errorf("read durations: %q has a negative one", name)
		}
	}
	return file.Packages, nil
}
