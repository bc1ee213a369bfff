package config

import (
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/pelletier/go-toml/v2"

	"github.com/gust-go/gust/internal/step"
)

var update = flag.Bool("update", false, "write docs/gust.schema.json")

// TestSchema holds the schema that editors use to what the file may have.
func TestSchema(t *testing.T) {
	root := schemaOf(reflect.TypeFor[File](), "")
	root["$schema"] = "http://json-schema.org/draft-07/schema#"
	root["title"] = "gust.toml"
	got, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const file = "../../docs/gust.schema.json"
	if *update {
		if err := os.WriteFile(file, got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(file); err != nil || string(want) != string(got) {
		t.Errorf("%v: %s is out of date; run: go test ./internal/config -update", err, file)
	}
	for _, key := range []string{`"deny-cycles"`, `"exception"`, `"hook"`, `"ci"`, `"matrix"`, `"goamd64"`} {
		if !strings.Contains(string(got), key) {
			t.Errorf("%s is not in the schema", key)
		}
	}
}

// enums are the values of keys that have only some.
var enums = map[string][]string{
	".remote-cache.mode":    {"read", "off"},
	".remote-cache.links":   {"programs", "off"},
	".sandbox.mode":         {"auto", "strict", "off"},
	".sandbox.leaks":        {"off", "warn", "fail"},
	".sandbox.package.mode": {"auto", "strict", "off"},
	".sandbox.package.net":  {"own", "host"},
}

// patterns are the forms of strings by key.
func patterns() map[string]string {
	return map[string]string{
		".matrix.target.goamd64": amd64Form, ".matrix.target.goarm64": arm64Form, ".matrix.target.goarm": armForm,
		".matrix.target.goexperiment": experimentsForm, ".matrix.target.toolchain": toolchainForm,
		".matrix.target.kernels": kernelForm, ".matrix.target.cpus": cpuForm,
	}
}

// schemaOf is the schema of a type, at a key.
func schemaOf(ty reflect.Type, key string) map[string]any {
	if ty.Kind() == reflect.Pointer {
		ty = ty.Elem()
	}
	switch {
	case ty == reflect.TypeFor[toml.LocalDate]():
		return map[string]any{"type": "string", "format": "date"}
	case ty.Kind() == reflect.Bool:
		return map[string]any{"type": "boolean"}
	case ty.Kind() == reflect.Int:
		return map[string]any{"type": "integer", "minimum": 0}
	case ty.Kind() == reflect.String && strings.HasSuffix(key, ".steps"):
		return map[string]any{"enum": step.Names()}
	case ty.Kind() == reflect.String && enums[key] != nil:
		return map[string]any{"enum": enums[key]}
	case ty.Kind() == reflect.String && patterns()[key] != "":
		return map[string]any{"type": "string", "pattern": patterns()[key]}
	case ty.Kind() == reflect.String && key == ".matrix.target.goos":
		return map[string]any{"enum": systems()}
	case ty.Kind() == reflect.String && key == ".matrix.target.goarch":
		return map[string]any{"enum": arches()}
	case ty.Kind() == reflect.String:
		return map[string]any{"type": "string"}
	case ty.Kind() == reflect.Slice:
		return map[string]any{"type": "array", "items": schemaOf(ty.Elem(), key)}
	}
	properties := map[string]any{}
	for i := range ty.NumField() {
		f := ty.Field(i)
		if name := f.Tag.Get("toml"); f.IsExported() && name != "-" {
			properties[name] = schemaOf(f.Type, key+"."+name)
		}
	}
	return map[string]any{"type": "object", "additionalProperties": false, "properties": properties}
}
