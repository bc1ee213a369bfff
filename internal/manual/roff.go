package manual

import (
	"fmt"
	"regexp"
	"strings"
)

// Roff is the page of a command and those below it for man, in the macros that
// both groff and mandoc know. It has no date, so that the same source gives the
// same page.
func Roff(c Command, seeAlso []string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" gust \"gust manual\"\n.nh\n.ad l\n", strings.ToUpper(c.FileName()))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", dashes(c.FileName()), text(c.Short))
	sections := ordered(c, nil)
	for _, s := range sections {
		fmt.Fprintf(&b, ".SH %s\n", manTitle(s.title))
		roff(&b, s)
	}
	for _, sub := range c.Subs {
		fmt.Fprintf(&b, ".SH %s\n%s.\n", text(strings.ToUpper(sub.Name)), text(upper(sub.Short)))
		for _, s := range ordered(sub, sections) {
			if s.title == "" || s.title == "Usage" {
				b.WriteString(".PP\n")
			} else {
				fmt.Fprintf(&b, ".SS %s\n", text(s.title))
			}
			roff(&b, s)
		}
	}
	if len(seeAlso) > 0 {
		for i, name := range seeAlso {
			seeAlso[i] = `\fB` + dashes(name) + `\fR(1)`
		}
		fmt.Fprintf(&b, ".SH SEE ALSO\n%s\n", strings.Join(seeAlso, ",\n"))
	}
	return []byte(b.String())
}

func manTitle(title string) string {
	switch title {
	case "":
		return "DESCRIPTION"
	case "Usage":
		return "SYNOPSIS"
	}
	return strings.ToUpper(title)
}

// entry is a line that explains a flag, a variable, a command or a status.
var entry = regexp.MustCompile(`^ {2,6}(\S+(?: \S+)*)(?: {2,}([^- ].*))?$`)

// roff writes the parts of a section. Where it lists things they become
// tagged paragraphs, which man fits to the width there is.
func roff(b *strings.Builder, s section) {
	list := s.title != "" && s.title != "Usage"
	for i, p := range s.parts {
		if list && p.verbatim && isList(p.lines) {
			tagged(b, p.lines)
			continue
		}
		if i > 0 {
			b.WriteString(".PP\n")
		}
		if p.verbatim {
			fmt.Fprintf(b, ".nf\n%s\n.fi\n", text(strings.Join(outdent(p.lines), "\n")))
		} else {
			fmt.Fprintf(b, "%s\n", text(strings.Join(p.lines, "\n")))
		}
	}
}

// continued is a line that goes on with the text beside the entry above.
var continued = regexp.MustCompile(`^ {7,}\S`)

func isList(lines []string) bool {
	for i, line := range lines {
		if line != "" && !entry.MatchString(line) && (i == 0 || !continued.MatchString(line)) {
			return false
		}
	}
	return true
}

func tagged(b *strings.Builder, lines []string) {
	for _, line := range lines {
		if line == "" {
			continue
		}
		m := entry.FindStringSubmatch(line)
		if m == nil {
			fmt.Fprintf(b, "%s\n", text(strings.TrimSpace(line)))
			continue
		}
		fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n", text(m[1]))
		if m[2] != "" {
			fmt.Fprintf(b, "%s\n", text(m[2]))
		}
	}
}

// text is s as roff shows it: what it would interpret is escaped.
func text(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`, "'", `\(aq`, "…", `\&...`).Replace(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}

func dashes(s string) string { return strings.ReplaceAll(s, "-", `\-`) }
