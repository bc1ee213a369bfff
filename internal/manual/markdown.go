package manual

import (
	"fmt"
	"strings"
)

// Markdown is the page of a command and those below it. guide is a page that
// tells more, "" if there is none.
func Markdown(c Command, guide string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from gust's help by go generate ./docs; do not edit. -->\n\n# %s\n\n", c.Name)
	fmt.Fprintf(&b, "%s.", escape(upper(c.Short)))
	if guide != "" {
		fmt.Fprintf(&b, " With examples: [%s](%s).", strings.TrimSuffix(guide[strings.LastIndexByte(guide, '/')+1:], ".md"), guide)
	}
	b.WriteString("\n")
	markdown(&b, c, nil, 2)
	return []byte(b.String())
}

func markdown(b *strings.Builder, c Command, above []section, level int) {
	sections := ordered(c, above)
	for _, s := range sections {
		if s.title != "" && s.title != "Usage" {
			fmt.Fprintf(b, "\n%s %s\n", strings.Repeat("#", level), s.title)
		}
		for _, p := range s.parts {
			if p.verbatim {
				fmt.Fprintf(b, "\n```\n%s\n```\n", strings.Join(outdent(p.lines), "\n"))
			} else {
				fmt.Fprintf(b, "\n%s\n", escape(strings.Join(p.lines, "\n")))
			}
		}
	}
	for _, sub := range c.Subs {
		fmt.Fprintf(b, "\n## %s\n\n%s.\n", sub.Name, escape(upper(sub.Short)))
		markdown(b, sub, sections, 3)
	}
}

// escape keeps text from being taken for markup.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "<", `\<`, "[", `\[`, "`", "\\`").Replace(s)
}

// upper begins a sentence; the go command keeps its name.
func upper(s string) string {
	if strings.HasPrefix(s, "go ") || strings.HasPrefix(s, "go's ") {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// outdent takes the blanks off that all lines begin with.
func outdent(lines []string) []string {
	least := -1
	for _, line := range lines {
		if n := len(line) - len(strings.TrimLeft(line, " ")); line != "" && (least < 0 || n < least) {
			least = n
		}
	}
	out := make([]string, len(lines))
	for i, line := range lines {
		if line != "" {
			out[i] = line[least:]
		}
	}
	return out
}
