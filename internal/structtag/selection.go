package structtag

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A Selection picks fields of one file by one of Line, Offset, Struct and
// All.
type Selection struct {
	// Line is a line number or a range of them such as "4,8".
	Line string
	// Offset is a byte offset inside a struct; 0 means none.
	Offset int
	// Struct names a type, a variable or a parameter that is a struct.
	Struct string
	// Field names a field of Struct.
	Field string
	// All picks every struct.
	All bool
}

// validate refuses selections that contradict themselves. The texts are
// those of gomodifytags, which editors show.
func (s Selection) validate() error {
	modes := 0
	for _, on := range []bool{s.Line != "", s.Offset != 0, s.Struct != ""} {
		if on {
			modes++
		}
	}
	switch {
	case modes == 0 && !s.All:
		return usage("-line, -offset, -struct or -all is not passed")
	case modes > 1:
		return usage("-line, -offset or -struct cannot be used together. pick one")
	case s.Field != "" && s.Struct == "":
		return usage("-field is requiring -struct")
	}
	return nil
}

// find returns where the selected fields are.
func (s Selection) find(fset *token.FileSet, file *ast.File) (start, end token.Pos, err error) {
	tf := fset.File(file.FileStart)
	switch {
	case s.Line != "":
		return s.lines(tf)
	case s.Offset != 0:
		return s.offset(fset, file)
	case s.Struct != "":
		return s.named(file)
	}
	return tf.LineStart(1), tf.Pos(tf.Size()), nil
}

// lines selects whole lines.
func (s Selection) lines(tf *token.File) (start, end token.Pos, err error) {
	bounds := strings.Split(s.Line, ",")
	first, err := strconv.Atoi(bounds[0])
	if err != nil {
		return 0, 0, usage("%v", err)
	}
	last := first
	if len(bounds) == 2 {
		if last, err = strconv.Atoi(bounds[1]); err != nil {
			return 0, 0, usage("%v", err)
		}
	}
	n := tf.LineCount()
	switch {
	case first > last:
		return 0, 0, usage("wrong range. start line cannot be larger than end line")
	case first < 1 || last > n:
		return 0, 0, notFound("line selection %q is invalid: %d is not within [0, %d]", s.Line, first, n)
	case last == n:
		return tf.LineStart(first), tf.Pos(tf.Size()), nil
	}
	return tf.LineStart(first), tf.LineStart(last+1) - 1, nil
}

// offset selects the innermost struct around an offset.
func (s Selection) offset(fset *token.FileSet, file *ast.File) (start, end token.Pos, err error) {
	var found *ast.StructType
	for _, st := range structs(file) {
		from, to := fset.Position(st.node.Pos()).Offset, fset.Position(st.node.End()).Offset
		if from <= s.Offset && s.Offset <= to {
			found = st.node // later ones begin further in
		}
	}
	if found == nil {
		return 0, 0, notFound("offset is not inside a struct")
	}
	return found.Pos(), found.End(), nil
}

// named selects a struct, or one field of it.
func (s Selection) named(file *ast.File) (start, end token.Pos, err error) {
	all := structs(file)
	at := slices.IndexFunc(all, func(st namedStruct) bool { return st.name == s.Struct })
	if at < 0 {
		return 0, 0, notFound("struct name does not exist")
	}
	st := all[at].node
	if s.Field == "" {
		return st.Pos(), st.End(), nil
	}
	for _, f := range st.Fields.List {
		if slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return id.Name == s.Field }) {
			return f.Pos(), f.End(), nil
		}
	}
	return 0, 0, notFound("struct %q doesn't have field name %q", s.Struct, s.Field)
}

// A namedStruct is a struct type and what its declaration is called.
type namedStruct struct {
	name string
	node *ast.StructType
}

// structs lists the struct types of a file by position: those of types,
// composite literals, variables, fields and parameters, also behind stars
// and brackets.
func structs(file *ast.File) []namedStruct {
	var found []namedStruct
	seen := make(map[*ast.StructType]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		name, t := declared(n)
		if st, ok := underlying(t).(*ast.StructType); ok && !seen[st] {
			seen[st] = true
			found = append(found, namedStruct{name, st})
		}
		return true
	})
	slices.SortStableFunc(found, func(a, b namedStruct) int { return int(a.node.Pos() - b.node.Pos()) })
	return found
}

// declared returns the type that a node gives to a name, if any.
func declared(n ast.Node) (name string, t ast.Expr) {
	switch n := n.(type) {
	case *ast.TypeSpec:
		return n.Name.Name, n.Type
	case *ast.CompositeLit:
		return "", n.Type
	case *ast.ValueSpec:
		return n.Names[0].Name, n.Type
	case *ast.Field:
		if len(n.Names) > 0 {
			name = n.Names[0].Name
		}
		return name, n.Type
	}
	return "", nil
}

// underlying takes stars and brackets off a type.
func underlying(t ast.Expr) ast.Expr {
	switch t := t.(type) {
	case *ast.StarExpr:
		return underlying(t.X)
	case *ast.ArrayType:
		return underlying(t.Elt)
	}
	return t
}
