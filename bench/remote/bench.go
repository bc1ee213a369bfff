package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/gust-go/gust/bench/internal/lab"
	"github.com/gust-go/gust/bench/internal/result"
)

// A bench is one run of the program.
type bench struct {
	*lab.Lab
	options
	program [sha256.Size]byte // that all sides must make
	known   bool
}

// A row is a side.
type row struct {
	title string
	walls []time.Duration
	cpus  []time.Duration
	said  string // gust's last line
}

// measure fills what must be full and runs the rounds.
func (b *bench) measure(ctx context.Context) ([]row, error) {
	cold, err := b.cold(ctx)
	if err != nil {
		return nil, err
	}
	rows := []row{cold, {title: "go, warm cache"}}
	for _, remote := range b.Remotes {
		b.Logf("filling %s", remote)
		scheme, _, _ := strings.Cut(remote, ":")
		if _, err := b.gust(ctx, remote, "readwrite"); err != nil {
			return nil, err
		}
		rows = append(rows, row{title: "gust, empty caches, warm server (" + scheme + ")"})
	}
	for n := range b.Runs + 1 { // the first is not timed
		for i := range rows[1:] {
			side := (n+i)%(len(rows)-1) + 1
			b.Logf("round %d: %s", n, rows[side].title)
			var one built
			if side == 1 {
				one, err = b.goBuild(ctx, b.warm())
			} else {
				one, err = b.gust(ctx, b.Remotes[side-2], "read")
			}
			if err != nil {
				return nil, err
			}
			if n > 0 {
				rows[side].add(one)
			}
		}
	}
	return rows, nil
}

func (r *row) add(one built) {
	r.walls, r.cpus, r.said = append(r.walls, one.wall), append(r.cpus, one.cpu), one.said
}

func (b *bench) warm() string { return filepath.Join(b.Lab.Work, "go-warm") }

// cold builds with an empty cache, unless that was measured before in this work
// folder, and leaves a warm one.
func (b *bench) cold(ctx context.Context) (row, error) {
	r := row{title: "go, empty cache"}
	file := filepath.Join(b.Lab.Work, "cold.json")
	if data, err := os.ReadFile(file); err == nil {
		if err := json.Unmarshal(data, &r.walls); err != nil || len(r.walls) == 0 {
			return r, fmt.Errorf("read %q: %w", file, errors.Join(err, errors.New("it has no times")))
		}
		return r, nil
	}
	for range b.Cold {
		if err := os.RemoveAll(b.warm()); err != nil {
			return r, err
		}
		b.Logf("go build with an empty cache")
		one, err := b.goBuild(ctx, b.warm())
		if err != nil {
			return r, err
		}
		r.add(one)
	}
	data, err := json.Marshal(r.walls)
	if err != nil {
		return r, err
	}
	return r, os.WriteFile(file, data, 0o644)
}

type built struct {
	wall, cpu time.Duration
	said      string
}

// goBuild builds with go and a cache.
func (b *bench) goBuild(ctx context.Context, cache string) (built, error) {
	return b.build(ctx, b.Sides[0].Exe, nil, "GOCACHE="+cache, "GOCACHEPROG=")
}

// gust builds with caches that are empty, and a server.
func (b *bench) gust(ctx context.Context, remote, mode string) (built, error) {
	caches, err := os.MkdirTemp(b.Lab.Work, "caches-")
	if err != nil {
		return built{}, err
	}
	defer os.RemoveAll(caches)
	one, err := b.build(ctx, b.Sides[1].Exe, []string{"--remote-cache-mode=" + mode},
		"GOCACHE="+filepath.Join(caches, "go"), "GUST_CACHE="+filepath.Join(caches, "gust"), "GOCACHEPROG=",
		"GUST_REMOTE_CACHE="+remote, "GUST_REMOTE_CACHE_KEY=anyone")
	if err == nil && strings.Contains(one.said, "warning") {
		err = fmt.Errorf("gust warns: %s", one.said)
	}
	return one, err
}

// build builds to a program that is not there yet, and wants it to be the same as
// all others.
func (b *bench) build(ctx context.Context, exe string, flags []string, env ...string) (one built, err error) {
	program := filepath.Join(b.Lab.Work, "program")
	if err := os.RemoveAll(program); err != nil {
		return one, err
	}
	args := append(append([]string{"build"}, flags...), "-trimpath", "-buildvcs=false", "-o", program, b.Pkg)
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Dir, cmd.Env = b.Module, append(append(os.Environ(), "GOWORK=off"), env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	err = cmd.Run()
	one.wall = time.Since(began)
	if err != nil {
		return one, fmt.Errorf("%s: %w\n%s", cmd, err, said.String())
	}
	one.cpu, one.said = cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime(), strings.TrimSpace(said.String())
	data, err := os.ReadFile(program)
	if err != nil {
		return one, err
	}
	if sum := sha256.Sum256(data); !b.known {
		b.known, b.program = true, sum
	} else if sum != b.program {
		return one, fmt.Errorf("%s makes another program than the first build", cmd)
	}
	return one, nil
}

func (b *bench) document(rows []row) string {
	t := &result.Table{Header: []string{"", "time", "CPU", "of go, empty", "of go, warm"}}
	cold, warm := result.Median(rows[0].walls), result.Median(rows[1].walls)
	said := ""
	for _, r := range rows {
		wall, cpu := result.Median(r.walls), "-"
		if len(r.cpus) > 0 {
			cpu = fmt.Sprintf("%.1f s", result.Median(r.cpus).Seconds())
		}
		t.Add(r.title, fmt.Sprintf("%.2f s", wall.Seconds()), cpu, fmt.Sprintf("%.3f", wall.Seconds()/cold.Seconds()), fmt.Sprintf("%.2f", wall.Seconds()/warm.Seconds()))
		if i := strings.LastIndex(r.said, "gust: remote cache: "); i >= 0 {
			said = strings.TrimPrefix(r.said[i:], "gust: ")
		}
	}
	return fmt.Sprintf("A cold checkout of %s, `%s`; medians of %d rounds, of %d with an empty cache. All programs are the same.\n"+
		"The last line of gust: %s.\n\n%s", b.Label, b.Pkg, b.Runs, len(rows[0].walls), said, t)
}
