package fact

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// A Release is a kernel version as `uname -r` prints it.
type Release struct {
	Text                string
	Major, Minor, Patch int
	// RC is the number of a release candidate, 0 for a release.
	RC int
	// Inexact is true where the third number is a distribution's and does not
	// say which stable release the kernel is based on: 5.15.0-91-generic.
	Inexact bool
	// Android is the Android release a kernel was built for, 0 if none.
	Android int
}

var (
	releaseForm = regexp.MustCompile(`^(\d{1,3})\.(\d{1,4})(?:\.(\d{1,5})(?:\.\d+)*)?([-+_~][\x21-\x7e]*)?$`)
	rcForm      = regexp.MustCompile(`^-rc(\d{1,3})\b`)
	abiForm     = regexp.MustCompile(`^-\d`)
	androidForm = regexp.MustCompile(`-android(\d{1,3})\b`)
	debianForm  = regexp.MustCompile(`\bDebian (\d+\.\d+\.\d+)`)
)

// ParseRelease reads a kernel version: 5.4, 5.15.0-91-generic, 6.1.0-rc3+,
// 4.18.0-513.el8.
func ParseRelease(s string) (Release, error) {
	m := releaseForm.FindStringSubmatch(s)
	if m == nil {
		return Release{}, fmt.Errorf("%q is no kernel version; write it as in 5.4 or 6.1.0-13-amd64", s)
	}
	r := Release{Text: s}
	r.Major, _ = strconv.Atoi(m[1]) // the form has digits only
	r.Minor, _ = strconv.Atoi(m[2])
	r.Patch, _ = strconv.Atoi(m[3])
	suffix := m[4]
	if rc := rcForm.FindStringSubmatch(suffix); rc != nil {
		r.RC, _ = strconv.Atoi(rc[1])
	}
	if a := androidForm.FindStringSubmatch(suffix); a != nil {
		r.Android, _ = strconv.Atoi(a[1])
	}
	r.Inexact = m[3] == "" || r.Patch == 0 && abiForm.MatchString(suffix)
	return r, nil
}

// WithBuild takes the stable release from `uname -v` where the distribution
// writes it there, as Debian does.
func (r Release) WithBuild(version string) Release {
	m := debianForm.FindStringSubmatch(version)
	if m == nil || !r.Inexact {
		return r
	}
	exact, err := ParseRelease(m[1])
	if err != nil || exact.Major != r.Major || exact.Minor != r.Minor {
		return r
	}
	r.Patch, r.Inexact = exact.Patch, false
	return r
}

// Compare orders releases; a release candidate comes before its release.
func (r Release) Compare(s Release) int {
	return cmp.Or(cmp.Compare(r.Major, s.Major), cmp.Compare(r.Minor, s.Minor),
		cmp.Compare(r.Patch, s.Patch), cmp.Compare(rcOrder(r.RC), rcOrder(s.RC)))
}

func rcOrder(rc int) int {
	if rc == 0 {
		return 1 << 20
	}
	return rc
}

// Before reports whether r is older than the version s. The verdict is Unknown
// where r is of the same series as s and does not say which stable release.
func (r Release) Before(s string) Verdict {
	bound, err := ParseRelease(s)
	if err != nil {
		return Unknown
	}
	sameSeries := r.Major == bound.Major && r.Minor == bound.Minor
	switch {
	case sameSeries && r.Inexact && bound.Patch > 0:
		return Unknown
	case r.Compare(bound) < 0:
		return Yes
	}
	return No
}

// UNAME26 reports whether the text is what the UNAME26 personality makes of a
// newer release: 2.6.40 and up never existed; 4.x becomes 2.6.60+x (and 6.18
// 2.6.78).
func (r Release) UNAME26() bool {
	return r.Major == 2 && r.Minor == 6 && r.Patch >= 40
}

// Series is the first two numbers.
func (r Release) Series() string { return fmt.Sprintf("%d.%d", r.Major, r.Minor) }

func (r Release) String() string { return strings.TrimSpace(r.Text) }
