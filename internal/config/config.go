// Package config reads gust.toml, the file in which a project says how gust
// is to treat it. It stands beside go.work or go.mod. Commands get the part
// that concerns them; a key that no part knows is an error with a suggestion,
// so that a typing mistake does not switch a rule off.
//
// The file belongs to the checkout and is not trusted: nothing in it names a
// program to run, and a place to send anything to has no effect but where the user
// has allowed it.
package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/step"
)

// Name is what the file is called.
const Name = "gust.toml"

// maxSize bounds the file.
const maxSize = 1 << 20

// A File is what gust.toml says.
type File struct {
	// Path is where it is; empty if there is none.
	Path string `toml:"-"`
	// Graph are the rules of gust graph check.
	Graph Graph `toml:"graph"`
	// Hook says what gust hook run does.
	Hook Hook `toml:"hook"`
	// CI says what gust ci does.
	CI CI `toml:"ci"`
	// Sandbox says in what gust test runs tests.
	Sandbox Sandbox `toml:"sandbox"`
	// RemoteCache is the cache that machines share.
	RemoteCache RemoteCache `toml:"remote-cache"`
	// Matrix says what gust build --matrix builds.
	Matrix Matrix `toml:"matrix"`

	text []byte
}

// Hook says what gust hook run does.
type Hook struct {
	// Steps are the steps to run before a commit.
	Steps []string `toml:"steps"`
}

// CI says what gust ci does.
type CI struct {
	// Steps are the steps to run.
	Steps []string `toml:"steps"`
}

// RemoteCache is the cache that machines share.
type RemoteCache struct {
	// Address is where it is. It counts below an address that the environment has
	// allowed.
	Address string `toml:"address"`
	// Mode is the most that is done with it: read, or off.
	Mode string `toml:"mode"`
	// Links is the most that is done with programs that others have linked: programs
	// for all but test binaries, or off.
	Links string `toml:"links"`
}

// Graph are the rules that a dependency graph has to obey. The zero value
// allows everything.
type Graph struct {
	// DenyCycles are kinds of cycles: versions, modules, self.
	DenyCycles []string `toml:"deny-cycles"`
	// DenyPhantoms are classes of phantom dependencies, P1 to P9 or names.
	DenyPhantoms []string `toml:"deny-phantoms"`
	// AllowLicenses are the only SPDX identifiers that are allowed, if there
	// are any; DenyLicenses are those that are not.
	AllowLicenses []string `toml:"allow-licenses"`
	DenyLicenses  []string `toml:"deny-licenses"`
	// AllowHosts are the only hosts or path prefixes that modules may come
	// from, if there are any; DenyHosts are those they may not.
	AllowHosts []string `toml:"allow-hosts"`
	DenyHosts  []string `toml:"deny-hosts"`
	// The rest deny what their names say.
	DenyReplacePaths    bool `toml:"deny-replace-paths"`
	DenyPseudoVersions  bool `toml:"deny-pseudo-versions"`
	DenyIncompatible    bool `toml:"deny-incompatible"`
	DenyRetracted       bool `toml:"deny-retracted"`
	DenyDeprecated      bool `toml:"deny-deprecated"`
	DenyNewDependencies bool `toml:"deny-new-dependencies"`
	// MaxAgeDays denies versions that were published longer ago, 0 none.
	MaxAgeDays int `toml:"max-age-days"`
	// DirectOnly limits the rules about versions, age, retractions and
	// deprecations to modules that are required directly.
	DirectOnly bool `toml:"direct-only"`
	// Exceptions excuse modules from rules.
	Exceptions []Exception `toml:"exception"`
}

// Empty reports whether there are no rules.
func (g Graph) Empty() bool { return reflect.ValueOf(g).IsZero() }

// An Exception excuses modules from a rule until a date.
type Exception struct {
	// Module is a path, or a prefix that ends in /... .
	Module string `toml:"module"`
	// Rule is the key of the rule, such as deny-licenses; "*" is all.
	Rule string `toml:"rule"`
	// Reason says why; it must not be empty.
	Reason string `toml:"reason"`
	// Expires is the last day, like 2027-01-31.
	Expires toml.LocalDate `toml:"expires"`
}

// Load reads gust.toml in a directory. Without one the zero File is
// returned.
func Load(dir string) (*File, error) {
	path := filepath.Join(dir, Name)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxSize) {
		err = fmt.Errorf("it is not a file of at most %d bytes", maxSize)
	}
	if err != nil {
		return nil, fault.New(fault.Usage, "run: gust help config", "read %q: %w", path, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Usage, "run: gust help config", "read %q: %w", path, err)
	}
	f, err := Parse(data)
	if err != nil {
		return nil, fault.New(fault.Usage, "run: gust help config", "read %q: %w", path, err)
	}
	f.Path = path
	return f, nil
}

// Parse reads the text of a gust.toml.
func Parse(data []byte) (*File, error) {
	f := &File{}
	dec := toml.NewDecoder(bytes.NewReader(data)).DisallowUnknownFields()
	err := dec.Decode(f)
	var strict *toml.StrictMissingError
	var syntax *toml.DecodeError
	switch {
	case errors.As(err, &strict) && len(strict.Errors) > 0:
		return nil, unknown(strict.Errors[0])
	case errors.As(err, &syntax):
		row, column := syntax.Position()
		return nil, fmt.Errorf("line %d, column %d: %w", row, column, syntax)
	case err != nil:
		return nil, err
	}
	f.text = data
	return f, f.check()
}

// A Setting is one key of gust.toml that is set.
type Setting struct {
	// Key has the names of the tables in front, as in graph.deny-cycles.
	Key string
	// Value is the value as TOML writes it.
	Value string
}

// Settings lists what is set in the file, sorted by key; a list of tables, such
// as graph.exception, is one setting.
func (f *File) Settings() ([]Setting, error) {
	var tree map[string]any
	if err := toml.Unmarshal(f.text, &tree); err != nil {
		return nil, err
	}
	var list []Setting
	var walk func(prefix string, t map[string]any) error
	walk = func(prefix string, t map[string]any) error {
		for key, v := range t {
			if sub, ok := v.(map[string]any); ok {
				if err := walk(prefix+key+".", sub); err != nil {
					return err
				}
				continue
			}
			text, err := valueText(v)
			if err != nil {
				return err
			}
			list = append(list, Setting{prefix + key, text})
		}
		return nil
	}
	if err := walk("", tree); err != nil {
		return nil, err
	}
	slices.SortFunc(list, func(a, b Setting) int { return strings.Compare(a.Key, b.Key) })
	return list, nil
}

// valueText writes a value in one line.
func valueText(v any) (string, error) {
	if tables, ok := v.([]any); ok && len(tables) > 0 {
		if _, ok := tables[0].(map[string]any); ok {
			return fmt.Sprintf("%d of them", len(tables)), nil
		}
	}
	text, err := toml.Marshal(map[string]any{"v": v})
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(strings.TrimPrefix(string(text), "v = ")), nil
}

// check wants of exceptions what makes them more than a way to forget.
func (f *File) check() error {
	for key, names := range map[string][]string{"hook.steps": f.Hook.Steps, "ci.steps": f.CI.Steps} {
		for _, name := range names {
			if !slices.Contains(step.Names(), name) {
				return fmt.Errorf("%s: there is no step %q%s", key, name, nearest(name, step.Names()))
			}
		}
	}
	if err := f.Sandbox.check(); err != nil {
		return err
	}
	if mode := f.RemoteCache.Mode; mode != "" && mode != "read" && mode != "off" {
		return fmt.Errorf("remote-cache.mode: %q is neither read nor off", mode)
	}
	if links := f.RemoteCache.Links; links != "" && links != "programs" && links != "off" {
		return fmt.Errorf("remote-cache.links: %q is neither programs nor off", links)
	}
	for i, e := range f.Graph.Exceptions {
		switch {
		case e.Module == "":
			return fmt.Errorf("exception %d: no module", i+1)
		case e.Rule == "":
			return fmt.Errorf("exception for %q: no rule", e.Module)
		case e.Rule != "*" && !known(e.Rule):
			return fmt.Errorf("exception for %q: %q is no rule%s", e.Module, e.Rule, suggestion(e.Rule))
		case strings.TrimSpace(e.Reason) == "":
			return fmt.Errorf("exception for %q: no reason", e.Module)
		case e.Expires == toml.LocalDate{}:
			return fmt.Errorf("exception for %q: no expiry date, such as expires = 2027-01-31", e.Module)
		}
	}
	if f.Graph.MaxAgeDays < 0 {
		return fmt.Errorf("max-age-days: %d is negative", f.Graph.MaxAgeDays)
	}
	return f.Matrix.check()
}

// unknown is the error for a key that nobody knows.
func unknown(e toml.DecodeError) error {
	row, _ := e.Position()
	key := strings.Join(e.Key(), ".")
	last := ""
	if k := e.Key(); len(k) > 0 {
		last = k[len(k)-1]
	}
	return fmt.Errorf("line %d: there is no key %q%s", row, key, suggestion(last))
}

func known(rule string) bool {
	for _, k := range keys() {
		if k == rule && strings.Contains(k, "-") {
			return true
		}
	}
	return false
}

// suggestion names the known key that is closest to a wrong one.
func suggestion(wrong string) string { return nearest(wrong, keys()) }

// nearest names the one of some words that is closest to a wrong one.
func nearest(wrong string, words []string) string {
	best, distance := "", len(wrong)/2+1
	for _, k := range words {
		if d := edits(wrong, k); d < distance {
			best, distance = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// keys lists the keys of all parts.
func keys() []string {
	var out []string
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for i := range t.NumField() {
			field := t.Field(i)
			name := field.Tag.Get("toml")
			if name == "" || name == "-" {
				continue
			}
			out = append(out, name)
			ft := field.Type
			if ft.Kind() == reflect.Slice {
				ft = ft.Elem()
			}
			if ft.Kind() == reflect.Struct && ft != reflect.TypeFor[toml.LocalDate]() {
				walk(ft)
			}
		}
	}
	walk(reflect.TypeFor[File]())
	return out
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
