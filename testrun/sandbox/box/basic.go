package box

import (
	"fmt"
	"os"
	"os/signal"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// basicMain is gust testexec where there is neither a namespace nor Landlock: the
// test has a temporary directory, and strict ones a home directory, of their own,
// and writes down for go what it reads.
func basicMain(args []string) int {
	c, err := parseCall(args)
	if err != nil {
		fmt.Fprintf(os.Stderr, "gust: sandbox error: %v\n", err)
		return ErrorCode
	}
	spec, err := readSpec()
	if err != nil {
		fmt.Fprintf(os.Stderr, "gust: sandbox error: %v\n", err)
		return ErrorCode
	}
	r := Report{Args: c.argv, Level: Basic}
	if r.Dir, err = os.Getwd(); err != nil {
		r.Dir = os.Getenv("PWD")
	}
	spec = spec.forPackage(r.Dir).settle()
	var code int
	switch {
	case spec.Level == Off:
		r.Level = Off
		code, err = runBasic(c, spec, nil)
	case !Basic.AtLeast(spec.least()) || spec.ClockOffset != 0:
		err = fmt.Errorf("there is only %s isolation on this system", Basic)
	default:
		code, err = inTemporary(c, spec, &r)
	}
	r.Ran, r.Status = err == nil, code
	if err != nil {
		r.Error, code = err.Error(), ErrorCode
		fmt.Fprintf(os.Stderr, "gust: sandbox error: %v\n", err)
	}
	r.save(spec.Dir)
	return code
}

// inTemporary runs a test with directories of its own, and notes what it leaves.
func inTemporary(c call, spec Spec, r *Report) (int, error) {
	tmp, err := os.MkdirTemp("", TmpPrefix)
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(tmp)
	env := []string{"TMPDIR=" + tmp, "TMP=" + tmp, "TEMP=" + tmp}
	if spec.Strict {
		home, err := os.MkdirTemp(spec.Dir, "home-")
		if err != nil {
			return 0, err
		}
		defer os.RemoveAll(home)
		env = append(env, "HOME="+home, "USERPROFILE="+home, "GOCACHE="+fspath.Join(home, "gocache"))
	}
	code, err := runBasic(c, spec, env)
	names, _ := os.ReadDir(tmp)
	for _, e := range names {
		r.Temp = append(r.Temp, fspath.Join("$TMPDIR", e.Name()))
	}
	return code, err
}

// runBasic runs a test to its end.
func runBasic(c call, spec Spec, env []string) (int, error) {
	// ^C reaches the test as well, and what go does then is for the test to say.
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	argv := c.withLog()
	p, err := os.StartProcess(argv[0], argv, &os.ProcAttr{
		Env: pin(spec.environ(os.Environ()), env), Files: []*os.File{os.Stdin, os.Stdout, os.Stderr},
	})
	if err != nil {
		return 0, err
	}
	state, err := p.Wait()
	if err != nil {
		return 0, err
	}
	if code := state.ExitCode(); code >= 0 {
		return code, nil
	}
	fmt.Fprintln(os.Stderr, state) // a signal
	return 1, nil
}
