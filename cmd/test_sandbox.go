package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/gust-go/gust/build"
	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/testview"
	"github.com/gust-go/gust/testrun/sandbox"
)

// sandboxFlags are the flags of test about the sandbox.
type sandboxFlags struct {
	mode   string
	writes string
}

const sandboxUsage = `
  --sandbox=auto           run the tests of each package in a sandbox, as far as the
                           system allows; strict runs none without, off is go's way (off)
  --writes=aside|through   what tests write to the checkout is kept aside, or let through
`

func (flags *sandboxFlags) register(f *pflag.FlagSet) {
	f.StringVar(&flags.mode, "sandbox", "", "auto, strict or off")
	f.StringVar(&flags.writes, "writes", "", "aside or through")
}

// checkSandbox reads the values that pflag took as text.
func (a *app) checkSandbox(flags *testFlags) error {
	source := "--sandbox"
	if flags.box.mode == "" {
		source = "GUST_TEST_SANDBOX"
		if flags.box.mode = a.term.Getenv(source); flags.box.mode == "" {
			flags.box.mode = string(sandbox.Off)
		}
	}
	if _, err := sandbox.ParseMode(flags.box.mode); err != nil {
		return usageError("test", "%s: %w", source, err)
	}
	switch flags.box.writes {
	case "", "aside", "through":
		return nil
	}
	return usageError("test", "--writes: %q is neither aside nor through", flags.box.writes)
}

// options are those of a run. Tests that are asked to write to the checkout may
// do so, which is said.
func (flags *sandboxFlags) options(warn event.Sink, goArgs, environ []string) sandbox.Options {
	o := sandbox.Options{Mode: sandbox.Mode(flags.mode), Through: flags.writes == "through"}
	if o.Mode == sandbox.Off || flags.writes != "" {
		return o
	}
	if why := sandbox.WantsWrites(goArgs, environ); why != "" {
		o.Through = true
		warn.Emit(event.Warning{Text: "tests may write to the checkout: " + why, Hint: "gust test --writes=aside"})
	}
	return o
}

// tellBesides says on stderr what tests did besides.
func (a *app) tellBesides(d *testview.Digest, opts build.Options) {
	dir, err := os.Getwd()
	if err != nil {
		dir = "/"
	}
	if opts.Env != nil && filepath.IsAbs(opts.Env.GOMOD) {
		dir = filepath.Dir(opts.Env.GOMOD)
	}
	// Nobody is left to tell if stderr is closed.
	_, _ = fmt.Fprint(a.term.Err, d.Besides(dir, a.term.Getenv("HOME")))
}
