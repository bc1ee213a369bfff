package gocmd

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestFlagTables fails if the installed go documents a flag that the tables
// do not know, or one whose way to take a value they have wrong.
func TestFlagTables(t *testing.T) {
	for _, tt := range []struct{ topic, verb string }{
		{"build", "build"},
		{"testflag", "test"},
		{"test", "test"},
	} {
		documented := documentedFlags(help(t, tt.topic))
		if len(documented) < 3 {
			t.Fatalf("go help %s: found only the flags %v", tt.topic, documented)
		}
		for name, hasValue := range documented {
			if name == "args" {
				continue // not a flag but the end of them
			}
			want := boolean
			if hasValue {
				want = valued
			}
			if got := goArity(tt.verb, name); got != want {
				t.Errorf("go help %s has -%s (with a value: %t), our table says %d", tt.topic, name, hasValue, got)
			}
		}
	}
}

// TestUsageLines covers the flags that stand only in the first line of go's
// help, such as -o of build and -exec of run.
func TestUsageLines(t *testing.T) {
	flag := regexp.MustCompile(`\[-(\w+)( \w+)?\]`)
	for _, verb := range []string{"build", "install", "run", "test"} {
		usage, _, _ := strings.Cut(help(t, verb), "\n")
		for _, m := range flag.FindAllStringSubmatch(usage, -1) {
			want := boolean
			if m[2] != "" {
				want = valued
			}
			if got := goArity(verb, m[1]); got != want {
				t.Errorf("%s: our table says %d of -%s", usage, got, m[1])
			}
		}
	}
}

// TestTablesAgree guards against a flag in two tables with different ways to
// take a value: build and test flags are looked up one after the other.
func TestTablesAgree(t *testing.T) {
	for name, kind := range testFlags {
		if other, ok := buildFlags[name]; ok && other != kind {
			t.Errorf("-%s is %d for build and %d for test", name, other, kind)
		}
	}
	for _, name := range OwnFlags("test") {
		if name != "json" && goArity("test", name) != unknownFlag {
			t.Errorf("--%s is go's flag as well", name)
		}
	}
	for _, verb := range []string{"build", "install", "run", "test"} {
		if own := OwnFlags(verb); !slices.Contains(own, "explain") || len(own) != len(ownFlags)+len(ownVerbFlags[verb]) {
			t.Errorf("OwnFlags(%s) = %q", verb, own)
		}
	}
}

// documentedFlags reads flag definitions out of a help text: an indented
// line that holds nothing but the flag and the name of its value.
func documentedFlags(text string) map[string]bool {
	flags := make(map[string]bool)
	definition := regexp.MustCompile(`(?m)^\t-([\w-]+)( .+)?$`)
	for _, m := range definition.FindAllStringSubmatch(text, -1) {
		flags[m[1]] = m[2] != ""
	}
	return flags
}

func help(t *testing.T, topic string) string {
	t.Helper()
	g, err := Find(nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := g.Output(t.Context(), "help", topic)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
