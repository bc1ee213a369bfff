package sarif

import (
	"encoding/json"
	"fmt"
)

const (
	schema  = "https://json.schemastore.org/sarif-2.1.0.json"
	version = "2.1.0"
)

// A Log is a report, and what it is about: the same category in the next run of
// the same job replaces it.
type Log struct {
	Category string
	Data     []byte
}

// Merge puts the runs of several logs into one. GitHub refuses a file with two
// runs of one tool that have no categories to tell them apart, see
// https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning.
func Merge(logs []Log) ([]byte, error) {
	type object = map[string]any
	runs := []object{}
	for _, log := range logs {
		var one struct {
			Version string   `json:"version"`
			Runs    []object `json:"runs"`
		}
		if err := json.Unmarshal(log.Data, &one); err != nil {
			return nil, fmt.Errorf("merge SARIF of %q: %w", log.Category, err)
		}
		if one.Version != version {
			return nil, fmt.Errorf("merge SARIF of %q: version %q, want %s", log.Category, one.Version, version)
		}
		for _, run := range one.Runs {
			if _, ok := run["automationDetails"]; !ok {
				run["automationDetails"] = object{"id": log.Category + "/"}
			}
			runs = append(runs, run)
		}
	}
	data, err := json.MarshalIndent(object{"$schema": schema, "version": version, "runs": runs}, "", "  ")
	return append(data, '\n'), err
}
