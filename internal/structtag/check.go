package structtag

import (
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"
)

// malformed says why a tag does not follow the convention that
// [reflect.StructTag] describes, "" if it does. The package reflect finds
// nothing behind the place where it stops to follow.
func malformed(tag string) string {
	var seen []string
	for tag = strings.TrimLeft(tag, " "); tag != ""; {
		i := strings.IndexFunc(tag, func(r rune) bool { return r <= ' ' || r == ':' || r == '"' || r == 0x7f })
		if i <= 0 || i+1 >= len(tag) || tag[i] != ':' || tag[i+1] != '"' {
			return fmt.Sprintf("the tag does not parse at %q; want key:\"value\" pairs", clip(tag))
		}
		key, rest := tag[:i], tag[i+1:]
		end := closing(rest)
		if end < 0 {
			return fmt.Sprintf("the value of %q has no closing quote", key)
		}
		if _, err := strconv.Unquote(rest[:end]); err != nil {
			return fmt.Sprintf("the value of %q is not a quoted string", key)
		}
		if slices.Contains(seen, key) {
			return fmt.Sprintf("the key %q is there twice; only the first counts", key)
		}
		seen = append(seen, key)
		tag = rest[end:]
		if tag != "" && tag[0] != ' ' {
			return fmt.Sprintf("no space between the pairs at %q", clip(tag))
		}
		tag = strings.TrimLeft(tag, " ")
	}
	return ""
}

// closing returns where the string that s begins with ends, -1 if it does
// not.
func closing(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return -1
}

func clip(s string) string {
	const most = 24
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}

// naming are the keys whose value begins with a name that must not occur
// twice in one struct. Other keys, such as validate, may well repeat.
var naming = []string{"json", "xml", "yaml", "toml", "bson", "db", "msgpack", "mapstructure"}

// usedNames says which field uses a name, by key and name.
type usedNames map[string]string

// add takes note of the names in a field's tag and says which of them an
// earlier field of the struct has.
func (names usedNames) add(f *ast.Field, tag string) (problems []string) {
	for _, n := range namesOf(tag) {
		other, taken := names[n.id]
		switch {
		case taken && other != fieldName(f):
			problems = append(problems, fmt.Sprintf("%s is the tag of %s as well", n, other))
		case len(f.Names) > 1:
			problems = append(problems, fmt.Sprintf("%s is the tag of %d fields", n, len(f.Names)))
		}
		if !taken {
			names[n.id] = fieldName(f)
		}
	}
	return problems
}

// conflict says which name that a field would get is another field's, ""
// if none is.
func (names usedNames) conflict(f *ast.Field, old, tag string) string {
	had := namesOf(old)
	for _, n := range namesOf(tag) {
		other, taken := names[n.id]
		if taken && other != fieldName(f) && !slices.Contains(had, n) {
			return fmt.Sprintf("%s is the tag of %s already", n, other)
		}
	}
	return ""
}

// A tagName is a name that a tag gives to a field for one purpose.
type tagName struct{ key, name, id string }

func (n tagName) String() string { return fmt.Sprintf("%s:%q", n.key, n.name) }

// namesOf lists the names in a tag, none if it is malformed.
func namesOf(tag string) []tagName {
	if malformed(tag) != "" {
		return nil
	}
	var names []tagName
	for _, key := range naming {
		value, ok := lookup(tag, key)
		name, options, _ := strings.Cut(value, ",")
		if !ok || name == "" || name == "-" {
			continue
		}
		n := tagName{key, name, key + "\x00" + name}
		if key == "xml" && slices.Contains(strings.Split(options, ","), "attr") {
			n.id += "\x00attr" // attributes and elements have names of their own
		}
		names = append(names, n)
	}
	return names
}

// lookup finds a key in a tag that is well formed.
func lookup(tag, key string) (string, bool) {
	for tag = strings.TrimLeft(tag, " "); tag != ""; tag = strings.TrimLeft(tag, " ") {
		i := strings.IndexByte(tag, ':')
		end := i + 1 + closing(tag[i+1:])
		if tag[:i] == key {
			value, err := strconv.Unquote(tag[i+1 : end])
			return value, err == nil
		}
		tag = tag[end:]
	}
	return "", false
}
