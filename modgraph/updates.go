package modgraph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// Updates asks the network about modules and returns those with news: a
// newer version, a retraction, a deprecation, or a problem. A module that
// cannot be looked up does not keep the others from it.
func (l *Loader) Updates(ctx context.Context, g *Graph, all bool) ([]Module, error) {
	args := []string{"list", "-m", "-e", "-u", "-retracted", "-json=Path,Version,Main,Update,Retracted,Deprecated,Replace,Error"}
	args = append(l.modFile(args...), "--")
	asked := 0
	for _, m := range g.Modules {
		if !m.Main && (all || m.Direct) && (m.Replace == nil || !m.Replace.Local) {
			args = append(args, m.Path)
			asked++
		}
	}
	if asked == 0 {
		return nil, nil
	}
	out, err := l.goCmd.Output(ctx, args...)
	if err != nil {
		return nil, explain(err)
	}
	list, err := parseBuildList(out)
	if err != nil {
		return nil, err
	}
	var news []Module
	for _, m := range list {
		if i, ok := g.Find(m.Path); ok {
			m.Direct = g.Modules[i].Direct
		}
		if m.Update != "" || m.Retracted != nil || m.Deprecated != "" || m.Problem != "" {
			news = append(news, m)
		}
	}
	return news, nil
}

// published asks when versions were published. Modules that cannot be looked
// up are missing from the result.
func (l *Loader) published(ctx context.Context, g *Graph) (map[Version]time.Time, error) {
	out, err := l.goCmd.Output(ctx, append(l.modFile("list", "-m", "-e", "-json=Path,Version,Time"), "all")...)
	if err != nil {
		return nil, explain(err)
	}
	times := make(map[Version]time.Time)
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var m struct {
			Path, Version string
			Time          *time.Time
		}
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			return times, nil
		} else if err != nil {
			return nil, fmt.Errorf("read the output of go list -m: %w", err)
		}
		if m.Time != nil {
			times[Version{m.Path, m.Version}] = *m.Time
		}
	}
}
