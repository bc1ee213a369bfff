package modgraph

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// Verdicts of a licence scan.
const (
	LicenseFound   = "found"
	LicenseMissing = "missing"  // the source has no licence file
	LicenseUnknown = "unknown"  // a licence file that is no known licence
	LicenseNoFiles = "no-files" // the source is not on this machine: could not tell
)

// A License is what a module's licence files say.
type License struct {
	Verdict string
	// IDs are SPDX identifiers, sorted; nil unless found.
	IDs []string
	// Files are the licence files, sorted.
	Files []string
}

// minCoverage is how much of a file must be text of known licences, in
// percent, for its verdict to count; pkg.go.dev uses the same.
const minCoverage = 75

// maxLicense bounds what is read of a licence file.
const maxLicense = 1 << 20

// Licenses reads the licence files at the top of a module.
func Licenses(dir string) License {
	if dir == "" {
		return License{Verdict: LicenseNoFiles}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return License{Verdict: LicenseNoFiles}
	}
	l := License{Verdict: LicenseMissing}
	for _, e := range entries {
		if !e.Type().IsRegular() || !licenseName(e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil || info.Size() > maxLicense {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			continue
		}
		l.Files = append(l.Files, e.Name())
		if c := licensecheck.Scan(data); c.Percent >= minCoverage {
			for _, m := range c.Match {
				l.IDs = append(l.IDs, m.ID)
			}
		}
	}
	slices.Sort(l.IDs)
	l.IDs = slices.Compact(l.IDs)
	switch {
	case len(l.IDs) > 0:
		l.Verdict = LicenseFound
	case len(l.Files) > 0:
		l.Verdict = LicenseUnknown
	}
	return l
}

// licenseName reports whether a file is called like one with a licence.
func licenseName(name string) bool {
	name = strings.ToLower(name)
	if ext := filepath.Ext(name); ext == ".go" || ext == ".html" {
		return false
	}
	for _, prefix := range []string{"license", "licence", "copying", "unlicense", "mit-license", "copyright"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
