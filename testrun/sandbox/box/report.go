package box

import (
	"encoding/json"
	"os"
	"strings"

	"github.com/gust-go/gust/testrun/sandbox/box/fspath"
)

// save writes a report to the directory of a run. Its name appears when all of it is
// there.
func (r Report) save(run string) {
	if run == "" {
		return
	}
	data, err := json.Marshal(r)
	if err != nil {
		return
	}
	f, err := os.CreateTemp(run, "new-*")
	if err != nil {
		return
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil && closeErr == nil {
		unique := strings.TrimPrefix(fspath.Base(f.Name()), "new-")
		_ = os.Rename(f.Name(), fspath.Join(run, strings.TrimSuffix(ReportNames, "*")+unique))
	}
}
