package structtag

import (
	"errors"
	"go/ast"
	"go/token"
	"strconv"
	"strings"

	"github.com/fatih/gomodifytags/modifytags"
)

// apply computes the tag that change gives to one field. modifytags works on
// syntax, so the field is one of a struct made up for it: it then neither
// depends on how the field is declared nor touches what is nested in it.
func apply(change Change, name string, lit *ast.BasicLit) (string, error) {
	f := &ast.Field{Names: []*ast.Ident{ast.NewIdent(name)}, Type: ast.NewIdent("int"), Tag: copyOf(lit)}
	st := &ast.StructType{Fields: &ast.FieldList{List: []*ast.Field{f}}}
	change.SkipUnexportedFields = false // decided before
	for _, step := range steps(change) {
		err := step.Apply(token.NewFileSet(), st, f.Pos(), f.End())
		if err == nil {
			requote(f)
			continue
		}
		var fields *modifytags.RewriteErrors
		if errors.As(err, &fields) && len(fields.Errs) > 0 {
			// The text begins with a position, which is made up here.
			parts := strings.SplitN(fields.Errs[0].Error(), ":", 4)
			err = errors.New(parts[len(parts)-1])
		}
		return "", err
	}
	return literal(f.Tag), nil
}

// requote makes a literal of a tag that modifytags has put in backquotes
// without a look at what is in it.
func requote(f *ast.Field) {
	if f.Tag != nil && strings.HasPrefix(f.Tag.Value, "`") {
		f.Tag.Value = strconv.Quote(f.Tag.Value[1 : len(f.Tag.Value)-1])
	}
}

// steps splits a change so that every key is added by itself: added at once,
// the static value of one key ends up in the keys behind it.
func steps(change Change) []*Change {
	first := change
	first.Add, first.AddOptions = nil, nil
	var all []*Change
	if !Empty(&first) {
		first.Sort = false
		all = append(all, &first)
	}
	for _, key := range change.Add {
		all = append(all, &Change{Add: []string{key}, Overwrite: change.Overwrite,
			Transform: change.Transform, ValueFormat: change.ValueFormat})
	}
	if len(change.AddOptions) > 0 {
		all = append(all, &Change{AddOptions: change.AddOptions})
	}
	if change.Sort {
		// modifytags wants something to do besides sorting.
		all = append(all, &Change{Sort: true, Remove: []string{""}})
	}
	return all
}

func copyOf(lit *ast.BasicLit) *ast.BasicLit {
	if lit == nil {
		return nil
	}
	c := *lit
	return &c
}

// literal is the text of a tag, "" if there is none or it is no string.
func literal(lit *ast.BasicLit) string {
	if lit == nil {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// validKeys refuses keys that make no tag.
func validKeys(change Change) error {
	for _, add := range change.Add {
		key, _, _ := strings.Cut(add, ":")
		if malformed(key+`:""`) != "" || key == "" {
			return usage("%q is no key for a tag", key)
		}
	}
	return nil
}
