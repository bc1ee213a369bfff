package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"strings"

	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

const timedOut = "the time for it ran out"

// runRaw runs experiments in a process of their own, or here where there is no
// program for that. A process that dies takes the experiment it was at with
// it; another one goes on behind that.
func runRaw(ctx context.Context, self string, names []string) []raw.Outcome {
	if self == "" {
		return runHere(names)
	}
	var all []raw.Outcome
	for len(names) > 0 {
		done, err := oneChild(ctx, self, names)
		all = append(all, done...)
		names = names[len(done):]
		if len(names) == 0 || err == nil && len(done) > 0 {
			continue
		}
		if ctx.Err() != nil {
			return append(all, sameTrouble(names, timedOut)...)
		}
		if len(done) == 0 { // it did not even start
			return append(all, sameTrouble(names, fmt.Sprintf("start a process for it: %v", err))...)
		}
	}
	return all
}

// sameTrouble gives several experiments the same trouble.
func sameTrouble(names []string, trouble string) []raw.Outcome {
	var list []raw.Outcome
	for _, name := range names {
		list = append(list, raw.Outcome{Name: name, Trouble: trouble})
	}
	return list
}

func runHere(names []string) []raw.Outcome {
	var all []raw.Outcome
	for _, name := range names {
		if raw.NeedsProcess(name) {
			all = append(all, raw.Outcome{Name: name, Trouble: "it needs a process of its own, and there is no program to start"})
			continue
		}
		all = append(all, raw.Run(name))
	}
	return all
}

// oneChild returns the outcomes of the first experiments of names, the last of
// which may be that the process died of it.
func oneChild(ctx context.Context, self string, names []string) ([]raw.Outcome, error) {
	c := exec.CommandContext(ctx, self, append([]string{raw.Command}, names...)...)
	c.Env = []string{} // nothing in the environment must change the outcome
	// Pipes, since a root without /dev has no /dev/null.
	c.Stdin, c.Stderr = strings.NewReader(""), io.Discard
	stdout, err := c.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.Start(); err != nil {
		return nil, err
	}
	done, running := readOutcomes(stdout)
	err = c.Wait()
	if running != "" && ctx.Err() == nil {
		done = append(done, raw.Outcome{Name: running, Trouble: fmt.Sprintf("the process that tried it died: %v", err)})
	}
	return done, err
}

// readOutcomes reads until the process ends; running is the experiment that it
// had begun and not finished.
func readOutcomes(r io.Reader) (done []raw.Outcome, running string) {
	in := json.NewDecoder(r)
	for {
		var out raw.Outcome
		if in.Decode(&out) != nil {
			_, _ = io.Copy(io.Discard, r)
			return done, running
		}
		if out.Running {
			running = out.Name
			continue
		}
		running = ""
		done = append(done, out)
	}
}
