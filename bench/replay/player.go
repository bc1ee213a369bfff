package main

import (
	"context"
	"fmt"

	"github.com/gust-go/gust/bench/internal/gitrepo"
	"github.com/gust-go/gust/bench/internal/lab"
)

// A player replays commits in one work tree.
type player struct {
	*lab.Lab
	tree *gitrepo.Tree
	pkg  string
}

// A step is one commit and the builds made of it.
type step struct {
	gitrepo.Commit
	lab.Round
}

// play warms all sides on the base of r and builds its commits, oldest first.
func (p *player) play(ctx context.Context, r gitrepo.Range) ([]step, error) {
	if err := p.warm(ctx, r); err != nil {
		return nil, err
	}
	var steps []step
	for i, c := range r.Commits {
		p.Logf("%d/%d %s %s", i+1, len(r.Commits), c.Short(), c.Subject)
		round, err := p.build(ctx, i, c)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step{c, round})
	}
	return steps, nil
}

// warm brings all caches to the state they have after a build of r's base.
// In a work folder that is kept, that state is kept too: without it a second
// replay would find everything built.
func (p *player) warm(ctx context.Context, r gitrepo.Range) error {
	if err := p.Thaw(ctx, r.Base.Hash); err != nil {
		return err
	}
	p.Logf("warm up on %s %s", r.Base.Short(), r.Base.Subject)
	base, err := p.build(ctx, 0, r.Base)
	if err != nil {
		return err
	}
	if !base.OK() {
		return fmt.Errorf("the commit to start from does not build:\n%s", base.Results[0].Output)
	}
	if err := p.Freeze(ctx, r.Base.Hash); err != nil {
		return err
	}
	var names []string
	for _, c := range r.Commits {
		names = append(names, c.Hash)
	}
	return p.Claim(names)
}

func (p *player) build(ctx context.Context, number int, c gitrepo.Commit) (lab.Round, error) {
	if err := p.tree.Checkout(ctx, c); err != nil {
		return lab.Round{}, err
	}
	if err := p.Download(ctx, p.tree.Dir); err != nil {
		// The build will fail for all sides, and be told apart as such.
		p.Logf("  %v", err)
	}
	return p.Run(ctx, number, p.tree.Dir, p.pkg, lab.Observe{Compiles: true})
}
