package testrun

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/gust-go/gust/internal/event"
)

// A rerunProfile is the coverage profile of one rerun. The profile of the
// whole run must not give way to that of one test, nor miss what only the test
// that passed in the end has covered.
type rerunProfile struct{ whole, part string }

// rerunProfile adds to flags those that make a rerun write a profile.
func (r *runner) rerunProfile(flags []string) (*rerunProfile, []string) {
	if r.Profile == "" {
		return nil, flags
	}
	f, err := os.CreateTemp("", "gust-rerun-*.cover")
	if err != nil {
		return nil, flags // the profile of the first run is no worse for it
	}
	_ = f.Close()
	return &rerunProfile{r.Profile, f.Name()}, append(flags, "-coverprofile="+f.Name())
}

// add adds the profile to that of the whole run: a block may stand in a profile
// several times, and whoever reads it adds them up.
func (p *rerunProfile) add(sink event.Sink) {
	if p == nil {
		return
	}
	defer os.Remove(p.part)
	if err := p.merge(); err != nil {
		sink.Emit(event.Warning{Text: "add the coverage of a rerun: " + err.Error()})
	}
}

func (p *rerunProfile) merge() error {
	part, err := os.ReadFile(p.part)
	if err != nil {
		return err
	}
	mode, blocks, ok := bytes.Cut(part, []byte("\n"))
	if !ok {
		return nil // the test did not come to write any
	}
	whole, err := os.ReadFile(p.whole)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(whole) == 0 {
		return os.WriteFile(p.whole, part, 0o666)
	}
	if err != nil {
		return err
	}
	if first, _, _ := bytes.Cut(whole, []byte("\n")); !bytes.Equal(first, mode) {
		return fmt.Errorf("%q and %q cannot be added", first, mode)
	}
	f, err := os.OpenFile(p.whole, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(blocks)
	return errors.Join(err, f.Close())
}
