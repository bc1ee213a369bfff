// Package sariftest holds SARIF reports to the schema, for tests of the commands
// that write them.
package sariftest

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/gocmd"
)

// A Schema is the JSON schema of SARIF 2.1.0.
type Schema map[string]any

// Problems lists what the schema says against a report.
func (s Schema) Problems(t *testing.T, report []byte) []string {
	t.Helper()
	var value any
	if err := json.Unmarshal(report, &value); err != nil {
		t.Fatal(err)
	}
	v := &validator{root: s}
	v.check("$", s, value)
	return v.errors
}

// Load takes the JSON schema of SARIF 2.1.0 out of a Go module, where it
// is a string, so that no copy of it is kept here.
func Load(t *testing.T) Schema {
	t.Helper()
	g, err := gocmd.Find(append(os.Environ(), "GOWORK=off", "GOFLAGS="))
	if err != nil {
		t.Fatal(err)
	}
	g.Dir = t.TempDir() // not this module: it is no dependency
	out, err := g.Output(t.Context(), "mod", "download", "-json", "github.com/owenrumney/go-sarif/v3@v3.2.3")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must have the schema: %v", err)
		}
		t.Skipf("SKIPPED: the schema cannot be downloaded: %v", err)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(out, &module); err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(module.Dir, "pkg", "report", "v210", "sarif", "schema.go"), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	schema := make(Schema)
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && len(lit.Value) > 10000 {
			text, _ := strconv.Unquote(lit.Value)
			err = json.Unmarshal([]byte(text), &schema)
		}
		return true
	})
	if err != nil || len(schema) == 0 {
		t.Fatalf("the schema is not where it was: %v", err)
	}
	return schema
}

// A validator knows the keywords of JSON schema that SARIF's schema uses.
type validator struct {
	root   map[string]any
	errors []string
}

func (v *validator) fail(path, format string, args ...any) {
	v.errors = append(v.errors, path+": "+fmt.Sprintf(format, args...))
}

func (v *validator) check(path string, schema map[string]any, value any) {
	if ref, ok := schema["$ref"].(string); ok {
		target := any(v.root)
		for _, part := range strings.Split(strings.TrimPrefix(ref, "#/"), "/") {
			target = target.(map[string]any)[part]
		}
		v.check(path, target.(map[string]any), value)
		return
	}
	if enum, ok := schema["enum"].([]any); ok && !slices.Contains(enum, value) {
		v.fail(path, "%v is none of %v", value, enum)
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		if list, ok := schema[key].([]any); ok && !v.matchesOne(path, list, value) {
			v.fail(path, "%s does not hold for %v", key, value)
		}
	}
	switch value := value.(type) {
	case map[string]any:
		v.object(path, schema, value)
	case []any:
		v.array(path, schema, value)
	case string:
		v.kind(path, schema, "string")
		if p, ok := schema["pattern"].(string); ok && !regexp.MustCompile(p).MatchString(value) {
			v.fail(path, "%q does not match %s", value, p)
		}
	case float64:
		v.kind(path, schema, "integer", "number")
		if m, ok := schema["minimum"].(float64); ok && value < m {
			v.fail(path, "%v is below %v", value, m)
		}
	case bool:
		v.kind(path, schema, "boolean")
	}
}

func (v *validator) matchesOne(path string, list []any, value any) bool {
	return slices.ContainsFunc(list, func(s any) bool {
		inner := &validator{root: v.root}
		schema := s.(map[string]any)
		inner.check(path, schema, value)
		if object, ok := value.(map[string]any); ok && schema["required"] != nil {
			inner.required(path, schema, object)
		}
		return len(inner.errors) == 0
	})
}

func (v *validator) kind(path string, schema map[string]any, kinds ...string) {
	if want, ok := schema["type"].(string); ok && !slices.Contains(kinds, want) {
		v.fail(path, "is a %s, not a %s", kinds[0], want)
	}
}

func (v *validator) required(path string, schema, value map[string]any) {
	names, _ := schema["required"].([]any)
	for _, name := range names {
		if _, ok := value[name.(string)]; !ok {
			v.fail(path, "%s is missing", name)
		}
	}
}

func (v *validator) object(path string, schema, value map[string]any) {
	v.kind(path, schema, "object")
	v.required(path, schema, value)
	properties, _ := schema["properties"].(map[string]any)
	for name, field := range value {
		if p, ok := properties[name].(map[string]any); ok {
			v.check(path+"."+name, p, field)
			continue
		}
		switch more := schema["additionalProperties"].(type) {
		case bool:
			if !more {
				v.fail(path, "%s is not allowed", name)
			}
		case map[string]any:
			v.check(path+"."+name, more, field)
		}
	}
}

func (v *validator) array(path string, schema map[string]any, value []any) {
	v.kind(path, schema, "array")
	if m, ok := schema["minItems"].(float64); ok && float64(len(value)) < m {
		v.fail(path, "has %d items", len(value))
	}
	items, _ := schema["items"].(map[string]any)
	seen := map[string]bool{}
	for i, item := range value {
		if items != nil {
			v.check(fmt.Sprintf("%s[%d]", path, i), items, item)
		}
		text, _ := json.Marshal(item)
		if schema["uniqueItems"] == true && seen[string(text)] {
			v.fail(path, "has an item twice")
		}
		seen[string(text)] = true
	}
}
