package cmd

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/words"
	"github.com/gust-go/gust/testrun/affected"
)

// inWorkDir returns a go that works where -C sends it, and the flags of the
// user's that a go list needs there.
func inWorkDir(opts build.Options) (*gocmd.Go, []string, error) {
	if opts.Go == nil {
		return nil, nil, errors.New("there is no go to ask about a recorded run")
	}
	dir, err := workDir(opts)
	if err != nil {
		return nil, nil, err
	}
	list := gocmd.ListArgs("test", opts.Args)
	for i := 0; i < len(list); i++ {
		switch name := strings.TrimLeft(list[i], "-"); {
		case name == "C":
			list = slices.Delete(list, i, min(i+2, len(list)))
		case strings.HasPrefix(name, "C="):
			list = slices.Delete(list, i, i+1)
		}
	}
	return &gocmd.Go{Path: opts.Go.Path, Dir: dir, Env: opts.Go.Env}, list, nil
}

func (s *selection) affected(ctx context.Context) error {
	ref := s.flags.selection.affected
	if ref == "" {
		return nil
	}
	goIn, list, err := inWorkDir(s.opts)
	if err != nil {
		return err
	}
	res, err := affected.Select(ctx, affected.Options{Go: goIn, Dir: goIn.Dir, Ref: ref, Patterns: s.patterns(), ListArgs: list})
	var user *fault.UserError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &user):
		return err
	case err != nil:
		s.say("could not tell what is affected, testing everything: %v", err)
		return nil
	}
	s.say("%d of %s affected since %s (%.12s)", len(res.Packages), words.Count(res.Total, "package"), ref, res.Commit)
	if res.Everything != "" {
		s.say("everything is affected: %s", res.Everything)
	}
	s.packages = []string{}
	for _, p := range res.Packages {
		s.packages = append(s.packages, p.ImportPath)
		if s.flags.explain.on && len(p.Reasons) > 0 {
			r := p.Reasons[0]
			s.say("affected: %s: %s %s", p.ImportPath, r.Subject, r.Text)
		}
	}
	return nil
}
