// Package structtag edits the tags of struct fields, the engine of gust tags.
//
// What a tag becomes is decided by package modifytags of gomodifytags, which
// gopls uses as well. This package chooses the fields, and turns the result
// into text in two ways: [Request] prints one file as gomodifytags does, byte
// for byte, for editors that call it; [Edit] splices tags into the source and
// leaves every other byte alone, for whole packages, with [Check] to say what
// is wrong. [Write] replaces a file in one step. Only Go files are touched.
package structtag

import (
	"errors"
	"fmt"
	"strings"

	"github.com/fatih/gomodifytags/modifytags"
)

// A Change says what is to become of the tags of the fields selected.
type Change = modifytags.Modification

// ErrNotFound is the cause of errors about a selection that is not in the
// file.
var ErrNotFound = errors.New("nothing is selected")

// ErrUsage is the cause of errors about a request that makes no sense.
var ErrUsage = errors.New("wrong usage")

// selectionError is an error of a class above with gomodifytags' text.
type selectionError struct {
	class error
	text  string
}

func (e *selectionError) Error() string { return e.text }

func (e *selectionError) Unwrap() error { return e.class }

func notFound(format string, args ...any) error {
	return &selectionError{ErrNotFound, fmt.Sprintf(format, args...)}
}

func usage(format string, args ...any) error {
	return &selectionError{ErrUsage, fmt.Sprintf(format, args...)}
}

// ParseTransform reads the name of a transformation from field names to
// names in tags.
func ParseTransform(name string) (modifytags.Transform, error) {
	transforms := map[string]modifytags.Transform{
		"snakecase": modifytags.SnakeCase, "camelcase": modifytags.CamelCase,
		"lispcase": modifytags.LispCase, "pascalcase": modifytags.PascalCase,
		"titlecase": modifytags.TitleCase, "keep": modifytags.Keep,
	}
	t, ok := transforms[strings.ToLower(name)]
	if !ok {
		return 0, usage("invalid transform value")
	}
	return t, nil
}

// ParseOptions reads a list such as json=omitempty,hcl=squash.
func ParseOptions(list string) (map[string][]string, error) {
	options := make(map[string][]string)
	for item := range strings.SplitSeq(list, ",") {
		key, option, ok := strings.Cut(item, "=")
		if !ok {
			return nil, usage("invalid option %q; should be key=option", item)
		}
		options[key] = append(options[key], option)
	}
	return options, nil
}

// Empty reports whether c changes nothing but the order of keys.
func Empty(c *Change) bool {
	return len(c.Add) == 0 && len(c.AddOptions) == 0 && len(c.Remove) == 0 &&
		len(c.RemoveOptions) == 0 && !c.Clear && !c.ClearOptions
}
