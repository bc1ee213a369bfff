package cmd

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gust-go/gust/internal/config"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/sarif"
	"github.com/gust-go/gust/internal/step"
)

// defaultCISteps need no network once the modules are there.
func defaultCISteps() []string { return []string{"build", "vet", "test", "graph"} }

// ciFlags are the flags of gust ci.
type ciFlags struct {
	steps, junit, sarif string
	json                bool
}

// newCICmd is gust ci.
func (a *app) newCICmd() *cobra.Command {
	var flags ciFlags
	c := &cobra.Command{
		Use:   "ci",
		Short: "run what CI has to run, with one result",
		Long: `Runs steps in the module around the working directory, or in each one of a
workspace: all of them whatever fails, with their output as it comes, and a table
at the end. Which steps, says --steps, else [ci] in gust.toml, else it is
build,vet,test,graph:

` + stepsHelp + `

In a GitHub workflow the log is folded by step, and the table is in the job's
summary beside that of the tests.

EXIT STATUS
  0    everything passed
  1    a build, vet or test failed; any other code is that of the first step
       that failed, such as 4 for gust tags and gust graph
  2    wrong usage
  3    gust itself failed
  5    there is no module
  130  interrupted`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError("ci", "%q: gust ci takes no arguments", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error {
			err := a.ci(c.Context(), &flags)
			if flags.json {
				a.emitError(err)
			}
			return err
		},
	}
	f := c.Flags()
	f.StringVar(&flags.steps, "steps", "", "comma-separated steps to run")
	f.StringVar(&flags.junit, "junitfile", "", "write what the tests did to this file; further modules of a workspace get FILE-DIR.xml")
	f.StringVar(&flags.sarif, "sarif", "", "write what graph check found in all modules to this file")
	f.BoolVar(&flags.json, "json", false, "write events to stdout, one JSON object a line, and the rest to stderr")
	return c
}

// ci is gust ci.
func (a *app) ci(ctx context.Context, flags *ciFlags) error {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()
	wd, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	root := moduleRoot(wd)
	if root == "" {
		return fault.New(fault.NotFound, "run: gust mod init example.com/name", "there is no module in %q", wd)
	}
	conf, err := config.Load(root)
	if err != nil {
		return err
	}
	names, err := parseSteps("ci", flags.steps, conf.CI.Steps, defaultCISteps())
	if err != nil {
		return err
	}
	modules, err := a.mainModules(ctx, root)
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "gust-ci-")
	if err != nil {
		return fmt.Errorf("make room for reports: %w", err)
	}
	defer os.RemoveAll(tmp)
	job := ciJob{root: root, wd: wd, tmp: tmp, conf: conf, flags: flags}
	steps, err := job.steps(names, modules)
	if err != nil {
		return err
	}
	view := &stepView{a: a, json: flags.json, stream: true}
	results, wall, err := a.runSteps(ctx, view, steps)
	if err != nil {
		return err
	}
	if err := job.mergeSARIF(); err != nil {
		return err
	}
	if err := a.ciSummary(view, results, wall); err != nil {
		return err
	}
	return a.stepsDone(results, wall, flags.json, func(r step.Result) string {
		again := "gust " + strings.Join(r.Args, " ")
		if r.Shown != "." {
			again = "cd " + r.Shown + " && " + again
		}
		return "run: " + again
	})
}

// mainModules are the directories of the main modules: one, or those that a
// workspace uses.
func (a *app) mainModules(ctx context.Context, root string) ([]string, error) {
	g, err := a.findGo()
	if err != nil {
		return nil, err
	}
	at := gocmd.Go{Path: g.Path, Dir: root, Env: a.env.process}
	out, err := at.Output(ctx, "list", "-m", "-f", "{{.Dir}}")
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, fault.New(fault.Capability, "run: gust mod verify", "%w", err)
	}
	return strings.Split(strings.TrimSpace(strings.ReplaceAll(string(out), "\r", "")), "\n"), nil
}

// A ciJob makes the steps of gust ci.
type ciJob struct {
	root, wd, tmp string
	conf          *config.File
	flags         *ciFlags
	logs          []sarif.Log // without data until the steps have run
}

// steps are all steps of one module, then those of the next.
func (j *ciJob) steps(names, modules []string) ([]step.Step, error) {
	var steps []step.Step
	for i, dir := range modules {
		shown, err := filepath.Rel(j.root, dir)
		if err != nil {
			shown = dir
		}
		for _, name := range names {
			s := step.Step{Name: name, Dir: dir, Shown: filepath.ToSlash(shown), Args: step.Args(name)}
			if s.Skip, err = skipStep(name, dir, j.conf); err != nil {
				return nil, err
			}
			if name == "graph" && i > 0 {
				s.Skip = "the graph is that of the whole workspace"
			}
			switch {
			case name == "test" && j.flags.junit != "":
				s.Args = []string{"test", "--junitfile=" + j.junitFile(i, s.Shown), "./..."}
			case name == "graph" && j.flags.sarif != "" && s.Skip == "":
				s.Args = append(s.Args, "--sarif="+j.sarifLog(len(j.logs)))
				j.logs = append(j.logs, sarif.Log{Category: path.Join("graph", s.Shown)})
			}
			steps = append(steps, s)
		}
	}
	return steps, nil
}

func (j *ciJob) sarifLog(i int) string { return filepath.Join(j.tmp, fmt.Sprintf("%d.sarif", i)) }

// junitFile is the report of module i: the file that was asked for, and beside
// it those of the other modules.
func (j *ciJob) junitFile(i int, shown string) string {
	file := j.flags.junit
	if !filepath.IsAbs(file) {
		file = filepath.Join(j.wd, file)
	}
	if i == 0 {
		return file
	}
	ext := filepath.Ext(file)
	return strings.TrimSuffix(file, ext) + "-" + strings.NewReplacer("/", "-", "..", "up").Replace(shown) + ext
}

// mergeSARIF writes the logs of all modules as one. A step that failed before
// it came to judge anything has left none.
func (j *ciJob) mergeSARIF() error {
	if j.flags.sarif == "" {
		return nil
	}
	var logs []sarif.Log
	for i, log := range j.logs {
		if data, err := os.ReadFile(j.sarifLog(i)); err == nil {
			log.Data = data
			logs = append(logs, log)
		}
	}
	data, err := sarif.Merge(logs)
	if err == nil {
		err = os.WriteFile(j.flags.sarif, data, 0o666)
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", j.flags.sarif, err)
	}
	return nil
}

// ciSummary prints a line for each step, on GitHub also into the job's summary.
func (a *app) ciSummary(v *stepView, results []step.Result, wall time.Duration) error {
	out := a.term.Out
	if v.json {
		out = a.term.Err
	}
	var text, table strings.Builder
	table.WriteString("### gust ci\n\n| Step | Module | Result | Time |\n| --- | --- | --- | ---: |\n")
	for _, r := range results {
		text.WriteString(v.line(r) + "\n")
		fmt.Fprintf(&table, "| %s | %s | %s | %.1f s |\n", r.Name, markdownCell(r.Shown), r.State(), r.Wall.Seconds())
	}
	fmt.Fprintf(&text, "%-16s %5.1fs\n", "all", wall.Seconds())
	if _, err := fmt.Fprintf(out, "\n%s", text.String()); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	name := a.term.Getenv("GITHUB_STEP_SUMMARY")
	if name == "" {
		return nil
	}
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("write the job's summary: %w", err)
	}
	_, err = f.WriteString(table.String() + "\n")
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("write the job's summary: %w", err)
	}
	return nil
}

// markdownCell keeps a name from ending the cell that it is in.
func markdownCell(s string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "\n", " ").Replace(printable(s))
}
