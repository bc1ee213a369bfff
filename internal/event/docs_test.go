package event

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite docs/events.md")

const docsHead = `# Events

<!-- Generated from the types in internal/event; to renew it, run:
     go test ./internal/event -update -->

With ` + "`--json`" + ` gust writes one JSON object a line to stdout, as things happen:

` + "```json" + `
{"v":1,"type":"build.summary","compiled":4,"reused":33,…}
` + "```" + `

This form is API. ` + "`v`" + ` is the version of the schema and ` + "`type`" + ` says which of the
tables below applies. Fields are in snake_case, durations are integer nanoseconds in
fields that end in ` + "`_ns`" + `. New types and fields may appear under the same version, so
ignore what you do not know; nothing is renamed or removed. A field marked *optional*
is left out when it is empty. Lines of go's own (` + "`-json`" + `, one dash) and what the
command prints on stdout may stand between events; events begin with ` + "`{\"v\":`" + `.
`

// TestDocs holds docs/events.md to the types it describes.
func TestDocs(t *testing.T) {
	types := declared(t)
	var doc strings.Builder
	doc.WriteString(docsHead)
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if ty := types[name]; ty.event != "" {
			fmt.Fprintf(&doc, "\n## `%s`\n", ty.event)
			ty.write(&doc)
		}
	}
	doc.WriteString("\n# Parts of events\n")
	for _, name := range slices.Sorted(maps.Keys(types)) {
		if ty := types[name]; ty.event == "" && len(ty.fields) > 0 {
			fmt.Fprintf(&doc, "\n## %s\n", name)
			ty.write(&doc)
		}
	}
	for name, ty := range types {
		for _, f := range ty.fields {
			if f.doc == "" {
				t.Errorf("field %s of %s has no doc comment", f.name, name)
			}
		}
	}
	file := filepath.Join("..", "..", "docs", "events.md")
	if *update {
		if err := os.WriteFile(file, []byte(doc.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, []byte(doc.String())) {
		t.Errorf("%s is out of date; run: go test ./internal/event -update", file)
	}
}

// TestDecodeKnowsAll wants every event to survive a round trip.
func TestDecodeKnowsAll(t *testing.T) {
	for name, ty := range declared(t) {
		if ty.event == "" {
			continue
		}
		e, err := Decode([]byte(fmt.Sprintf(`{"v":1,"type":%q,"of_a_later_version":1}`, ty.event)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := reflect.TypeOf(e).Name(); got != name {
			t.Errorf("%s decodes as %s, want %s", ty.event, got, name)
		}
	}
	for _, line := range []string{"", "ok  p 0.1s", `{"v":2,"type":"warning"}`, `{"v":1,"type":"no.such"}`, `{"Action":"run"}`} {
		if e, err := Decode([]byte(line)); !errors.Is(err, ErrUnknown) {
			t.Errorf("Decode(%q) = %v, %v; want ErrUnknown", line, e, err)
		}
	}
	want := TestCase{Package: "p", Test: "T", Outcome: Passed, ElapsedNS: 7}
	data, err := Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(data); err != nil || got != Event(want) {
		t.Errorf("Decode(Marshal(e)) = %+v, %v; want %+v", got, err, want)
	}
}

// declaredType is a struct of this package as its source has it.
type declaredType struct {
	doc    string
	event  string // what EventType returns, "" for a part of an event
	fields []declaredField
}

type declaredField struct{ name, kind, doc string }

func (ty *declaredType) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s\n\n| Field | Type | Meaning |\n| --- | --- | --- |\n", ty.doc)
	for _, f := range ty.fields {
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", f.name, f.kind, f.doc)
	}
}

// declared reads the structs of this package, doc comments included.
func declared(t *testing.T) map[string]*declaredType {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	types := make(map[string]*declaredType)
	get := func(name string) *declaredType {
		if types[name] == nil {
			types[name] = &declaredType{}
		}
		return types[name]
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range syntax.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				if decl.Name.Name == "EventType" && decl.Recv != nil {
					get(receiver(decl)).event = returned(t, decl)
				}
			case *ast.GenDecl:
				structType(decl, get)
			}
		}
	}
	return types
}

func receiver(decl *ast.FuncDecl) string {
	if ident, ok := decl.Recv.List[0].Type.(*ast.Ident); ok {
		return ident.Name
	}
	return ""
}

// returned is the string literal that a function returns.
func returned(t *testing.T, decl *ast.FuncDecl) string {
	t.Helper()
	lit := decl.Body.List[0].(*ast.ReturnStmt).Results[0].(*ast.BasicLit)
	text, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func structType(decl *ast.GenDecl, get func(string) *declaredType) {
	for _, spec := range decl.Specs {
		spec, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		fields, ok := spec.Type.(*ast.StructType)
		if !ok {
			continue
		}
		ty := get(spec.Name.Name)
		ty.doc = sentence(decl.Doc.Text())
		for _, f := range fields.Fields.List {
			if f.Tag != nil {
				ty.fields = append(ty.fields, field(f))
			}
		}
	}
}

func field(f *ast.Field) declaredField {
	raw, _ := strconv.Unquote(f.Tag.Value)
	name, options, _ := strings.Cut(reflect.StructTag(raw).Get("json"), ",")
	kind := kindOf(f.Type)
	if options == "omitempty" {
		kind += ", optional"
	}
	return declaredField{name: name, kind: kind, doc: sentence(f.Doc.Text())}
}

// kindOf names a Go type in JSON's terms.
func kindOf(expr ast.Expr) string {
	switch expr := expr.(type) {
	case *ast.ArrayType:
		return "array of " + kindOf(expr.Elt)
	case *ast.Ident:
		switch expr.Name {
		case "int", "int64":
			return "integer"
		case "bool":
			return "boolean"
		}
		return expr.Name
	}
	return "object"
}

// sentence makes one line of a doc comment, without links.
func sentence(doc string) string {
	return strings.NewReplacer("\n", " ", "[", "", "]", "", "|", "\\|").Replace(strings.TrimSpace(doc))
}

func TestMarshal(t *testing.T) {
	for _, tt := range []struct {
		event Event
		want  string
	}{
		{Warning{Text: "a \"b\""}, `{"v":1,"type":"warning","text":"a \"b\""}`},
		{BuildPackage{ImportPath: "p", Outcome: Reused, SavedNS: 5}, `{"v":1,"type":"build.package","import_path":"p","outcome":"reused","root":false,"wall_ns":0,"saved_ns":5}`},
		{empty{}, `{"v":1,"type":"empty"}`},
	} {
		got, err := Marshal(tt.event)
		if err != nil || string(got) != tt.want {
			t.Errorf("Marshal(%+v) = %s, %v; want %s", tt.event, got, err, tt.want)
		}
	}
	if _, err := Marshal(unencodable{}); err == nil {
		t.Error("an event that JSON cannot hold gave no error")
	}
}

type empty struct{}

func (empty) EventType() string { return "empty" }

type unencodable struct{ F func() }

func (unencodable) EventType() string { return "unencodable" }
