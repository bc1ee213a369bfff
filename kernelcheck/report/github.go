package report

import (
	"io"

	"github.com/gust-go/gust/internal/workflow"
	"github.com/gust-go/gust/kernelcheck"
	"github.com/gust-go/gust/kernelcheck/rule"
)

// GitHub writes findings as workflow commands of GitHub Actions, which shows
// them as annotations.
func GitHub(w io.Writer, list []kernelcheck.Finding) error {
	for _, f := range list {
		level := map[rule.Severity]string{rule.Error: workflow.Error, rule.Warning: workflow.Warning, rule.Info: workflow.Notice}[f.Severity]
		if _, err := io.WriteString(w, workflow.Annotation{Level: level, Title: "gust kernel " + f.ID, Text: message(f)}.String()); err != nil {
			return err
		}
	}
	return nil
}
