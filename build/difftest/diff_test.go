package difftest

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gust-go/gust/build/difftest/edit"
)

// stepsPerModule keeps a run of all modules within a minute or so.
const stepsPerModule = 4

// TestDifferential is the contract; see the package comment.
func TestDifferential(t *testing.T) {
	warm, gust := mustWarm(t), mustGust(t)
	t.Logf("replay with -difftest.seed=%d", shared.seed)
	var all totals
	t.Run("modules", func(t *testing.T) {
		for i, name := range modules(t) {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				tree := readModule(t, name)
				s := newSequence(t, newSandbox(t, warm, []string{gust}), tree, name)
				s.gen.Deal(deal(i))
				s.run(steps(stepsPerModule))
				s.finish()
				all.add(&s.stat)
			})
		}
	})
	if all.problem() != "" && !t.Failed() {
		t.Run("subtle", func(t *testing.T) { subtleEdits(t, warm, gust, &all) })
	}
	t.Logf("%s", &all)
	if why := all.problem(); why != "" && !t.Failed() {
		t.Errorf("the run proves nothing: %s", why)
	}
}

// subtleEdits makes only edits that importers may not notice, for the rare seeds
// with which nothing was there to be reused.
func subtleEdits(t *testing.T, warm, gust string, all *totals) {
	s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, "chain"), "subtle")
	s.gen.Deal(edit.Subtle())
	s.until(len(edit.Subtle()), s.run, func() bool { return s.stat.reused+s.stat.relinked > 0 })
	s.finish()
	all.add(&s.stat)
}

// until makes edits, at most so many, until what is to be tested has come about.
func (s *sequence) until(most int, run func(n int), seen func() bool) {
	s.t.Helper()
	for i := 0; i < most && !seen() && !s.t.Failed(); i++ {
		run(1)
	}
}

// TestRelaxed edits with --lines=relaxed, where programs must do the same but
// may name other lines, and then expects an exact build to be exact, and plain
// go to be go.
func TestRelaxed(t *testing.T) {
	warm, gust := mustWarm(t), mustGust(t)
	t.Logf("replay with -difftest.seed=%d", shared.seed)
	for name, plainFirst := range map[string]bool{"chain": true, "generics": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, name), "relaxed "+name)
			s.gen.Deal([]string{"comment-line", "stmt-in-body", "comment-above-func", "const-in-body"})
			s.relaxed = true
			s.run(steps(4))
			if plainFirst {
				s.finish()
			}
			s.relaxed, s.skipArchives, s.leftover = false, true, true
			for s.run(1); !s.ok && !t.Failed(); {
				s.run(1)
			}
			s.finish()
			t.Logf("%s", &s.stat)
		})
	}
}

func steps(normal int) int {
	if *stepsFlag > 0 {
		return *stepsFlag
	}
	if testing.Short() {
		return max(normal/3, 1)
	}
	return normal
}

// deal returns the kinds of edits for the i-th module: a part of one shuffled
// deck, so that together the modules see as many kinds as can be. Builds that
// fail test less, so most kinds that break the compile are left out; those after
// which compiles are reused count twice.
func deal(i int) []string {
	if *kindsFlag != "" {
		return slices.Repeat(strings.Split(*kindsFlag, ","), 1+*stepsFlag)
	}
	rng := rand.New(rand.NewPCG(shared.seed, 1))
	deck := edit.Subtle()
	for _, k := range edit.Kinds() {
		if !strings.HasPrefix(k, "break-") || rng.IntN(4) == 0 {
			deck = append(deck, k)
		}
	}
	rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	first := i * stepsPerModule % len(deck)
	return append(deck[first:len(deck):len(deck)], deck[:first]...)
}

// A sequence is a pair with edits to make.
type sequence struct {
	pair
	t     *testing.T
	gen   *edit.Generator
	rng   *rand.Rand
	ok    bool // the last build succeeded
	flags []string
	edits int
}

// newSequence writes tree into the sandbox and builds it for the first time.
// What happens next depends on name and the seed.
func newSequence(t *testing.T, box *sandbox, tree edit.Tree, name string) *sequence {
	t.Helper()
	if err := tree.Write(box.src); err != nil {
		t.Fatal(err)
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	seed := shared.seed ^ h.Sum64()
	s := &sequence{
		pair: pair{sandbox: box, caches: newCaches()},
		t:    t,
		gen:  edit.New(seed, tree),
		rng:  rand.New(rand.NewPCG(seed, 2)),
	}
	s.build1("first build", nil)
	if !s.ok && !t.Failed() {
		t.Fatal("the module does not build before any edit")
	}
	return s
}

// run makes n edits and compares after each.
func (s *sequence) run(n int) {
	s.t.Helper()
	for i := 1; i <= n && !s.t.Failed(); i++ {
		before := s.gen.Tree()
		e := s.gen.Next(s.ok)
		if err := e.Apply(s.src); err != nil {
			s.t.Fatal(err)
		}
		s.flags = s.nextFlags()
		s.record(e)
		s.build1(e.Diff(), s.flags)
		s.stat.count(e.Kind, s.ok)
		if s.t.Failed() {
			s.t.Logf("seed %d, step %d, flags %q", shared.seed, i, s.flags)
			s.confirm(before, e)
		}
	}
}

// record keeps the edit with the directory of a failure.
func (s *sequence) record(e edit.Edit) {
	s.edits++
	file := filepath.Join(s.root, "edits", fmt.Sprintf("%03d-%s", s.edits, e.Kind))
	text := fmt.Sprintf("flags %q, relaxed %v\n%s", s.flags, s.relaxed, e.Diff())
	err := os.MkdirAll(filepath.Dir(file), 0o777)
	if err == nil {
		err = os.WriteFile(file, []byte(text), 0o666)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// confirm repeats the last edit with caches that know only the version before
// it, to tell a failure of one edit from one that needs a history.
func (s *sequence) confirm(before edit.Tree, e edit.Edit) {
	s.t.Helper()
	box := newSandbox(s.t, mustWarm(s.t), s.gust.argv)
	box.pkgs = s.pkgs
	p := pair{sandbox: box, caches: newCaches(), relaxed: s.relaxed, noRun: s.noRun}
	if err := before.Write(box.src); err != nil {
		s.t.Fatal(err)
	}
	if _, problems, err := p.step(false, s.flags...); err != nil || len(problems) > 0 {
		s.t.Logf("the version before the edit alone fails as well: %v %q", err, problems)
		return
	}
	if err := e.Apply(box.src); err != nil {
		s.t.Fatal(err)
	}
	_, problems, err := p.step(false, s.flags...)
	if err != nil || len(problems) > 0 {
		s.t.Logf("the edit alone, with fresh caches, fails as well: %v\n%s", err, strings.Join(problems, "\n"))
	} else {
		s.t.Logf("the edit alone, with fresh caches, does not fail")
	}
	if *keepFlag {
		if err := before.Write(filepath.Join(box.root, "before")); err != nil {
			s.t.Fatal(err)
		}
	}
}

// nextFlags returns no flags most of the time.
func (s *sequence) nextFlags() []string {
	switch s.rng.IntN(16) {
	case 0:
		return []string{"-tags=alt"}
	case 1:
		return []string{"-gcflags=./...=-l"} // no inlining
	case 2:
		return []string{"-gcflags=./...=-m"} // prints, and must again when reused
	case 3:
		return []string{"-ldflags=-X=main.version=2"}
	}
	return nil
}

func (s *sequence) build1(what string, flags []string) {
	s.t.Helper()
	ok, problems, err := s.step(s.rng.IntN(4) > 0, flags...)
	if err != nil {
		s.t.Fatalf("after %s\n%v", what, err)
	}
	s.ok = ok
	if len(problems) > 0 {
		s.t.Errorf("after %s\n%s", what, strings.Join(problems, "\n"))
	}
}

// finish checks that plain go still makes what it should from the cache that
// gust and the user share.
func (s *sequence) finish() {
	s.t.Helper()
	if s.t.Failed() {
		return
	}
	problems, err := s.plainGo()
	if err != nil {
		s.t.Fatal(err)
	}
	if len(problems) > 0 {
		s.t.Errorf("plain go with the cache that gust has used:\n%s", strings.Join(problems, "\n"))
	}
}
