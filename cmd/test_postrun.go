package cmd

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"

	"github.com/google/shlex"

	"github.com/gust-go/gust/testrun"
)

// postRunWords splits the command as a shell does, without running one.
func postRunWords(command string) ([]string, error) {
	words, err := shlex.Split(command)
	if err != nil {
		return nil, usageError("test", "--post-run: %w", err)
	}
	return words, nil
}

// runPost runs the command of --post-run with what gotestsum would tell it.
// Only the command line can name one, no file of the module.
func (r *testReports) runPost(ctx context.Context, result testrun.Result) error {
	words, err := postRunWords(r.flags.postRun)
	if err != nil || len(words) == 0 || result.Execution == nil {
		return err
	}
	exe := result.Execution
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = r.app.term.In, r.app.term.Out, r.app.term.Err
	cmd.Env = append(append([]string{}, r.app.term.Environ...),
		"GOTESTSUM_JSONFILE="+r.flags.jsonFile,
		"GOTESTSUM_JSONFILE_TIMING_EVENTS="+r.flags.timingEvents,
		"GOTESTSUM_JUNITFILE="+r.flags.junitFile,
		fmt.Sprintf("GOTESTSUM_ELAPSED=%.3fs", exe.Elapsed().Seconds()),
		"TESTS_TOTAL="+strconv.Itoa(result.Summary.Tests),
		"TESTS_FAILED="+strconv.Itoa(len(exe.Failed())),
		"TESTS_SKIPPED="+strconv.Itoa(len(exe.Skipped())),
		"TESTS_ERRORS="+strconv.Itoa(len(exe.Errors())))
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("run %q after the tests: %w", r.flags.postRun, err)
	}
	return nil
}
