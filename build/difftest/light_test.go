package difftest

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gust-go/gust/build/astcache"
)

// TestLightEdits makes edits of which gust has to tell whether they matter: most
// move or change something that does not get into a binary, the others look
// like them. Whenever gust says that its programs are current they must be what
// go builds.
func TestLightEdits(t *testing.T) {
	if !astcache.Supported {
		t.Skip("gust cannot tell current builds on this system")
	}
	warm, gust := mustWarm(t), mustGust(t)
	t.Logf("replay with -difftest.seed=%d", shared.seed)
	kinds := []string{
		"trailing-comment", "edit-comment", "spaces", "touch", "crlf", "trailing-comment", "edit-comment", "spaces",
		"comment-in-body", "delete-blank-lines", "break-or-join-line", "line-directive", "same-size-and-time",
		"toggle-constraint", "noinline", "data-file", "revert-file",
	}
	// In few steps a module may see no current build.
	var all totals
	t.Run("modules", func(t *testing.T) {
		for _, name := range []string{"chain", "files"} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				rng := rand.New(rand.NewPCG(shared.seed, 3))
				deck := slices.Clone(kinds)
				rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
				s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, name), "light "+name)
				s.noRun = true
				s.gen.Deal(deck)
				s.run(steps(7))
				t.Logf("%s", &s.stat)
				all.add(&s.stat)
			})
		}
	})
	if all.current == 0 && !t.Failed() { // so it is with some seeds
		t.Run("comments", func(t *testing.T) {
			s := newSequence(t, newSandbox(t, warm, []string{gust}), readModule(t, "chain"), "light comments")
			s.noRun = true
			s.gen.Deal(slices.Repeat([]string{"edit-comment", "trailing-comment", "spaces"}, 10))
			s.until(30, s.run, func() bool { return s.stat.current > 0 })
			all.add(&s.stat)
		})
	}
	if all.current == 0 && !t.Failed() {
		t.Error("the run proves nothing: gust started go each time")
	}
}
