package difftest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"

	"github.com/gust-go/gust/internal/buildid"
)

// An entry is what a build cache holds for an action.
type entry struct {
	action, output string
	file           string // the action entry
	data           string // the data file; empty when it is missing
}

// caches reads build caches and remembers which data files it has looked at.
type caches struct {
	entries map[string]seen // by action entry
	archive map[string]bool // by data file
	damaged map[string]bool
}

// seen is an action entry as it was at a time.
type seen struct {
	when int64 // modification time
	entry
	ok bool
}

func newCaches() *caches {
	return &caches{entries: map[string]seen{}, archive: map[string]bool{}, damaged: map[string]bool{}}
}

var entryName = regexp.MustCompile(`^[0-9a-f]{64}-a$`)

// archives returns the entries below dir, by action, whose data are package
// archives. It looks for entries at any depth, because where gust keeps its
// build cache is its own affair.
func (c *caches) archives(dir string) (map[string][]entry, error) {
	found := map[string][]entry{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil // trimmed while we look
		}
		if err != nil || d.IsDir() || !entryName.MatchString(d.Name()) {
			return err
		}
		e, ok := c.entry(p, d)
		if !ok {
			return nil
		}
		if is, err := c.isArchive(e); err != nil || !is {
			return err
		}
		found[e.action] = append(found[e.action], e)
		return nil
	})
	if os.IsNotExist(err) {
		err = nil
	}
	return found, err
}

// entry reads an action entry unless it is the one that was read before.
func (c *caches) entry(p string, d fs.DirEntry) (entry, bool) {
	info, err := d.Info()
	if err != nil {
		return entry{}, false
	}
	when := info.ModTime().UnixNano()
	s, known := c.entries[p]
	if !known || s.when != when {
		s.when = when
		s.entry, s.ok = readEntry(p)
		c.entries[p] = s
	}
	return s.entry, s.ok
}

// readEntry parses an action entry: v1 <action> <output> <size> <time>.
func readEntry(file string) (entry, bool) {
	b, err := os.ReadFile(file)
	if err != nil {
		return entry{}, false
	}
	f := strings.Fields(string(b))
	if len(f) != 5 || f[0] != "v1" || len(f[2]) != 64 {
		return entry{}, false
	}
	e := entry{action: f[1], output: f[2], file: file}
	e.data = filepath.Join(filepath.Dir(filepath.Dir(file)), e.output[:2], e.output+"-d")
	return e, true
}

// isArchive looks into the entry's data file, once. On the way it notes when
// the content is not what the name says.
func (c *caches) isArchive(e entry) (bool, error) {
	if is, known := c.archive[e.data]; known {
		return is, nil
	}
	info, err := os.Stat(e.data)
	if err != nil || !info.Mode().IsRegular() {
		return false, nil // no data is a miss for go, too
	}
	b, err := os.ReadFile(e.data)
	if err != nil {
		return false, err
	}
	is := bytes.HasPrefix(b, []byte("!<arch>\n"))
	sum := sha256.Sum256(b)
	c.archive[e.data] = is
	c.damaged[e.data] = is && hex.EncodeToString(sum[:]) != e.output
	return is, nil
}

// compare checks that each archive below dir is the one that go has for the
// same action. It returns the number of archives that were in both, and a
// problem for each that was not; name finds a package for an action.
func (c *caches) compare(goCache, dir string, name func(action string) string) (both int, problems []string, err error) {
	want, err := c.archives(goCache)
	if err != nil {
		return 0, nil, err
	}
	got, err := c.archives(dir)
	if err != nil {
		return 0, nil, err
	}
	actions := make([]string, 0, len(got))
	for a := range got {
		actions = append(actions, a)
	}
	sort.Strings(actions)
	for _, a := range actions {
		for _, e := range got[a] {
			switch {
			case c.damaged[e.data]:
				problems = append(problems, fmt.Sprintf("archive of %s is damaged in %s", name(a), e.data))
			case len(want[a]) == 0:
				problems = append(problems, fmt.Sprintf("archive of %s is stored in %s under an action that go never ran",
					name(a), e.file))
			case want[a][0].output != e.output:
				problems = append(problems, fmt.Sprintf("archive of %s differs: %s\n\tgo:   %s\n\tgust: %s",
					name(a), firstDifference(want[a][0].data, e.data), want[a][0].data, e.data))
			default:
				both++
			}
		}
	}
	return both, problems, nil
}

// short is the form that an action takes in a build ID.
func short(action string) string {
	b, err := hex.DecodeString(action)
	if err != nil || len(b) < 15 {
		return action
	}
	return base64.RawURLEncoding.EncodeToString(b[:15])
}

// firstDifference says where two archives part. Their build IDs name their
// content, so those always do.
func firstDifference(a, b string) string {
	x, errX := buildid.Blank(a)
	y, errY := buildid.Blank(b)
	if errX != nil || errY != nil {
		return "cannot read one of them"
	}
	first, n := -1, 0
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			n++
			if first < 0 {
				first = i
			}
		}
	}
	if first < 0 && len(x) == len(y) {
		return "in the build ID only"
	}
	first = max(first, 0)
	part := "header"
	if bytes.Contains(x[:first], []byte("\n$$B\n")) {
		part = "export data"
	}
	if bytes.Contains(x[:first], []byte("_go_.o ")) {
		part = "object"
	}
	return fmt.Sprintf("%d and %d bytes, %d of them differ, first in the %s at byte %d", len(x), len(y), n, part, first)
}
