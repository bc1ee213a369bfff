// Package manual makes pages of the help that commands print: Markdown for the
// repository and roff for man. The help is all there is to maintain; its
// paragraphs, examples and sections are told apart by how it is laid out.
package manual

import (
	"regexp"
	"slices"
	"strings"
)

// A Command is one command with what it prints when asked for help.
type Command struct {
	// Name is how it is called, such as "gust graph why".
	Name string
	// Short says in a few words what it does, Help is all that --help prints.
	Short, Help string
	// Subs are the commands below it, which its page has as well.
	Subs []Command
}

// FileName is what the page of a command is called, without its ending.
func (c Command) FileName() string { return strings.ReplaceAll(c.Name, " ", "-") }

// A section is a part of the help: what stands before the first heading, or
// below one.
type section struct {
	title string // "" is the description
	parts []part
}

// A part is a paragraph, or lines to be left as they are.
type part struct {
	lines    []string
	verbatim bool
}

// headings are what help calls its sections. A line of text may end with a
// colon, too.
func headings() []string {
	return []string{
		"Usage:", "Flags:", "Global Flags:", "Flags of gust's own:", "Environment:", "Available Commands:",
		"Fields:", "Changes:", "Output:", "EXIT STATUS",
	}
}

// more is the line with which cobra ends some help.
var more = regexp.MustCompile(`^Use "gust .*" for more information about a command\.$`)

// parse takes the help of a command apart.
func parse(help string) []section {
	all := []section{{}}
	fresh := true // the next line begins a part
	for line := range strings.Lines(help) {
		line = strings.TrimRight(line, " \n")
		last := &all[len(all)-1]
		switch {
		case slices.Contains(headings(), line):
			all = append(all, section{title: title(line)})
			fresh = true
		case more.MatchString(line):
		case line == "":
			if n := len(last.parts); n > 0 && last.parts[n-1].verbatim {
				last.parts[n-1].lines = append(last.parts[n-1].lines, "")
			}
			fresh = true
		default:
			last.add(line, fresh)
			fresh = false
		}
	}
	for i := range all {
		all[i].trim()
	}
	return slices.DeleteFunc(all, func(s section) bool { return len(s.parts) == 0 })
}

// add puts a line to the part it belongs to.
func (s *section) add(line string, fresh bool) {
	verbatim := strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
	n := len(s.parts)
	if n == 0 || s.parts[n-1].verbatim != verbatim || fresh && !verbatim {
		s.parts = append(s.parts, part{verbatim: verbatim})
		n++
	}
	s.parts[n-1].lines = append(s.parts[n-1].lines, line)
}

// trim cuts empty lines off the ends of parts.
func (s *section) trim() {
	for i := range s.parts {
		p := &s.parts[i]
		for len(p.lines) > 0 && p.lines[len(p.lines)-1] == "" {
			p.lines = p.lines[:len(p.lines)-1]
		}
	}
}

func title(line string) string {
	if line == "EXIT STATUS" {
		return "Exit status"
	}
	return strings.TrimSuffix(line, ":")
}

// ordered are the sections of a command with the usage first, and without those
// that the command above has word for word.
func ordered(c Command, above []section) []section {
	all := parse(c.Help)
	slices.SortStableFunc(all, func(a, b section) int { return rank(a) - rank(b) })
	return slices.DeleteFunc(all, func(s section) bool {
		return s.title == "Exit status" && slices.ContainsFunc(above, func(o section) bool { return o.text() == s.text() && o.title == s.title })
	})
}

// rank orders sections: usage, description, exit status last, the rest between.
func rank(s section) int {
	switch s.title {
	case "Usage":
		return 0
	case "":
		return 1
	case "Exit status":
		return 3
	}
	return 2
}

func (s section) text() string {
	var b strings.Builder
	for _, p := range s.parts {
		b.WriteString(strings.Join(p.lines, "\n") + "\n\n")
	}
	return b.String()
}
