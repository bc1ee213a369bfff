package lab

import (
	"flag"
	"strings"
)

// plain are the characters that mean nothing to a shell.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:@,%"

// Command writes the command line that repeats a run, with the flags that were
// set. Values that only mean something on one machine are replaced: folders by
// the names in paths, and flags mapped to an empty name are left out.
func Command(program string, fs *flag.FlagSet, paths map[string]string) string {
	words := []string{"go run", program}
	fs.Visit(func(f *flag.Flag) {
		value := f.Value.String()
		if name, ok := paths[f.Name]; ok {
			if name == "" {
				return
			}
			value = name
		}
		if strings.Trim(value, plain) != "" {
			value = "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
		}
		if b, ok := f.Value.(interface{ IsBoolFlag() bool }); ok && b.IsBoolFlag() && value == "true" {
			words = append(words, "-"+f.Name)
			return
		}
		words = append(words, "-"+f.Name, value)
	})
	return strings.Join(words, " ")
}

// LocalPaths are the flags of [Config] that only mean something on one
// machine. They do not change what is measured, but for -seed, which stays.
func LocalPaths() map[string]string {
	return map[string]string{"work": "", "gust": "", "o": "", "label": "", "seed": "GOCACHE"}
}
