package edit

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// A Generator hands out edits of one tree.
type Generator struct {
	rng   *rand.Rand
	tree  Tree
	good  []Tree // earlier versions that compiled, oldest first
	cache map[string]*file
	names int    // for identifiers that exist nowhere else
	deck  []kind // shuffled; dealt from the front
	focus string // restricts edits to one package directory
	down  int    // steps since the tree last compiled
}

// A kind is one sort of edit. Its function reports false where the module
// offers nothing to edit in this way.
type kind struct {
	name string
	make func(*Generator, *module) (Edit, bool)
}

// New returns a generator for tree, which must compile. The names of the
// identifiers it adds are counted from zero.
func New(seed uint64, tree Tree) *Generator {
	return &Generator{
		rng:   rand.New(rand.NewPCG(seed, 0x67757374)),
		tree:  tree,
		good:  []Tree{tree},
		cache: map[string]*file{},
	}
}

// Kinds returns the names of all sorts of edits. Those that break the compile
// on purpose start with "break-".
func Kinds() []string {
	var names []string
	for _, k := range allKinds() {
		names = append(names, k.name)
	}
	return names
}

// Subtle returns the names of the edits that importers may not notice: only
// positions and function bodies change.
func Subtle() []string {
	var names []string
	for _, k := range slices.Concat(lineKinds(), bodyKinds()) {
		names = append(names, k.name)
	}
	return names
}

func allKinds() []kind {
	return slices.Concat(lineKinds(), bodyKinds(), declKinds(), typeKinds(), moveKinds(),
		fileKinds(), breakKinds(), historyKinds())
}

// Deal makes the generator hand out the kinds of the given names first, in
// that order, where they are applicable.
func (g *Generator) Deal(names []string) {
	var deck []kind
	for _, n := range names {
		for _, k := range allKinds() {
			if k.name == n {
				deck = append(deck, k)
			}
		}
	}
	g.deck = append(deck, g.deck...)
}

// Next returns the next edit. Compiled says whether the tree, with all edits
// so far, compiles; after at most one further edit a broken tree is repaired.
func (g *Generator) Next(compiled bool) Edit {
	if compiled {
		g.down = 0
		g.good = append(g.good, g.tree)
	} else if g.down++; g.down > 1 || g.rng.IntN(2) == 0 {
		return g.take(between("repair", "the last version that compiled", g.tree, g.good[len(g.good)-1]))
	}
	m := g.module()
	for {
		if len(g.deck) == 0 {
			g.deck = allKinds()
			g.rng.Shuffle(len(g.deck), func(i, j int) { g.deck[i], g.deck[j] = g.deck[j], g.deck[i] })
		}
		k := g.deck[0]
		g.deck = g.deck[1:]
		if e, ok := g.try(k, m); ok {
			return g.take(e)
		}
	}
}

// Make returns an edit of the named kind, confined to the package directory
// dir unless that is empty. It reports false where none is possible.
func (g *Generator) Make(name, dir string) (Edit, bool) {
	g.focus = dir
	defer func() { g.focus = "" }()
	for _, k := range allKinds() {
		if k.name != name {
			continue
		}
		if e, ok := g.try(k, g.module()); ok {
			return g.take(e), true
		}
	}
	return Edit{}, false
}

// try gives a kind a few chances, for it may pick an unfit place at first.
func (g *Generator) try(k kind, m *module) (Edit, bool) {
	for range 8 {
		if e, ok := k.make(g, m); ok && len(e.Changes) > 0 {
			if e.Kind == "" {
				e.Kind = k.name
			}
			return e, true
		}
	}
	return Edit{}, false
}

func (g *Generator) take(e Edit) Edit {
	g.tree = e.on(g.tree)
	return e
}

// Tree returns the tree with all edits so far.
func (g *Generator) Tree() Tree { return g.tree }

func (g *Generator) module() *module { return parse(g.tree, g.cache) }

// name returns a fresh identifier that starts with prefix.
func (g *Generator) name(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

// pick returns a random element; ok is false when there is none.
func pick[T any](g *Generator, list []T) (x T, ok bool) {
	if len(list) == 0 {
		return x, false
	}
	return list[g.rng.IntN(len(list))], true
}

func (g *Generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// pkgs returns the packages to edit.
func (g *Generator) pkgs(m *module) []*pkg {
	if g.focus == "" {
		return m.pkgs
	}
	for _, p := range m.pkgs {
		if p.dir == g.focus {
			return []*pkg{p}
		}
	}
	return nil
}

// pickPkg returns a random package, by weight.
func (g *Generator) pickPkg(m *module) (*pkg, bool) {
	var list []*pkg
	for _, p := range g.pkgs(m) {
		for range m.weight(p) {
			list = append(list, p)
		}
	}
	return pick(g, list)
}

// pickFile returns a random file: first a package, then one of its files, so
// that large packages do not draw all edits.
func (g *Generator) pickFile(m *module) (*file, bool) {
	p, ok := g.pickPkg(m)
	if !ok {
		return nil, false
	}
	return pick(g, p.files)
}
