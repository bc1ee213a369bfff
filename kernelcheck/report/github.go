package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// GitHub writes findings as workflow commands of GitHub Actions, which shows
// them as annotations.
func GitHub(w io.Writer, list []kernelcheck.Finding) error {
	for _, f := range list {
		command := map[rule.Severity]string{rule.Error: "error", rule.Warning: "warning", rule.Info: "notice"}[f.Severity]
		if _, err := fmt.Fprintf(w, "::%s title=%s::%s\n", command, property("gust kernel "+f.ID), data(message(f))); err != nil {
			return err
		}
	}
	return nil
}

// data and property escape as the runner's toolkit does.
func data(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func property(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(data(s))
}
