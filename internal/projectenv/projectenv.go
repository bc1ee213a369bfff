// Package projectenv reads .env.go, a project's settings for the go command,
// and says what environment go gets.
//
// The file lies beside go.mod or go.work and comes with the checkout, so it is
// not trusted: [Parse] reads its syntax tree and never runs it, and [Load]
// applies what cannot start a program or move trust, refusing all else until
// the user has approved the file's exact content ([Trust]). The environment
// that results goes to the one place that runs go; the process's own, and that
// of the shell it was started from, stay as they are.
package projectenv

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gust-go/gust/internal/fault"
)

// FileName is what the file is called. cmd/go ignores files whose names begin
// with a dot, whatever is in them.
const FileName = ".env.go"

// A Setting is one variable that the file sets.
type Setting struct {
	Name, Value string
	// Line is where in the file it stands.
	Line int
	// Profile is the profile it belongs to, "" for none.
	Profile string
}

// An Alias is a name for a command line.
type Alias struct {
	Name string
	// Args are the arguments for gust.
	Args []string
	Line int
}

// A File is a .env.go that has been read.
type File struct {
	// Path is absolute and free of symbolic links.
	Path string
	// Vars are the settings outside of profiles, in the order of the file.
	Vars []Setting
	// Profiles holds the settings of each profile by its name.
	Profiles map[string][]Setting
	Aliases  map[string]Alias
	src      []byte
}

// profile returns the settings in force, those of a profile instead of others
// of that name.
func (f *File) profile(name string) []Setting {
	own := f.Profiles[name]
	all := slices.DeleteFunc(slices.Clone(f.Vars), func(s Setting) bool {
		return slices.ContainsFunc(own, func(o Setting) bool { return o.Name == s.Name })
	})
	return append(all, own...)
}

// Options say where to look and what there is besides the file.
type Options struct {
	// Environ is the process's environment in os.Environ form.
	Environ []string
	// Dir is the absolute directory that go will run in.
	Dir string
	// Profile is the profile asked for, "" for none.
	Profile string
	// Reserved reports whether a name is a command that an alias must not
	// take; nil means that none is.
	Reserved func(name string) bool
}

// A Refusal is a setting that needs approval.
type Refusal struct {
	Setting
	// Why says what the setting could do.
	Why string
}

// A Project is a .env.go and what it means for one run.
type Project struct {
	*File
	// Trusted is true if the user has approved the file as it is.
	Trusted bool
	// Applied are the settings in force, Shadowed those that the process's
	// environment is stronger than, Refused those that need approval.
	Applied, Shadowed []Setting
	Refused           []Refusal
	// Environ is the environment for go.
	Environ []string
}

// Load finds and reads the file of the project around o.Dir and works out
// the environment. The project is nil if there is no file, or GUST_ENV is
// off. An error is the file's, or that of an unknown profile; refused
// settings are none, see [Project.Err].
func Load(o Options) (*Project, error) {
	if strings.EqualFold(getenv(o.Environ, "GUST_ENV"), "off") {
		if o.Profile != "" {
			return nil, fault.New(fault.Usage, "run it without GUST_ENV=off", "profile %q: GUST_ENV=off leaves %s out", o.Profile, FileName)
		}
		return nil, nil
	}
	path := Find(o.Dir, getenv(o.Environ, "GOWORK"))
	if path == "" {
		if o.Profile != "" {
			return nil, fault.New(fault.Usage, "run: gust env init", "profile %q: no %s beside go.mod or go.work", o.Profile, FileName)
		}
		return nil, nil
	}
	file, err := read(path)
	if err != nil {
		return nil, &fault.UserError{Kind: fault.Usage, Err: err, Hint: "mend it, or leave it out with GUST_ENV=off"}
	}
	if err := file.checkAliases(o.Reserved); err != nil {
		return nil, &fault.UserError{Kind: fault.Usage, Err: err, Hint: "give the alias another name"}
	}
	if _, ok := file.Profiles[o.Profile]; !ok && o.Profile != "" {
		return nil, fault.New(fault.Usage, "run: gust env status", "profile %q is not in %s", o.Profile, file.Path)
	}
	p := &Project{File: file}
	p.Trusted = TrustIn(o.Environ).Has(file)
	p.apply(o)
	return p, nil
}

// apply sorts the settings into applied, shadowed and refused ones.
func (p *Project) apply(o Options) {
	p.Environ = slices.Clip(slices.Clone(o.Environ))
	for _, s := range p.profile(o.Profile) {
		why := needsTrust(s.Name, s.Value)
		switch {
		case getenv(o.Environ, s.Name) != "":
			p.Shadowed = append(p.Shadowed, s)
		case why != "" && !p.Trusted:
			p.Refused = append(p.Refused, Refusal{s, why})
		default:
			p.Applied = append(p.Applied, s)
			p.Environ = append(p.Environ, s.Name+"="+s.Value)
		}
	}
}

// Err is the error of a run that would need what is refused, nil if nothing
// is.
func (p *Project) Err() error {
	if len(p.Refused) == 0 {
		return nil
	}
	r := p.Refused[0]
	more := ""
	if n := len(p.Refused) - 1; n > 0 {
		more = fmt.Sprintf(" (and %d more)", n)
	}
	return fault.New(fault.Capability, "look at the file, then run: gust env trust (or leave it out with GUST_ENV=off)",
		"%s:%d: %s is not trusted: %s%s", p.Path, r.Line, r.Name, r.Why, more)
}

// Alias returns the arguments that name stands for. An alias runs commands,
// so the file must be trusted.
func (p *Project) Alias(name string) (args []string, ok bool, err error) {
	alias, ok := p.Aliases[name]
	if !ok {
		return nil, false, nil
	}
	if !p.Trusted {
		return nil, true, fault.New(fault.Capability, "look at the file, then run: gust env trust",
			"%s:%d: alias %q is not trusted: it runs gust %q", p.Path, alias.Line, name, alias.Args)
	}
	return alias.Args, true, nil
}

// checkAliases refuses aliases that hide a command or lead to none.
func (f *File) checkAliases(reserved func(string) bool) error {
	if reserved == nil {
		return nil
	}
	for _, a := range f.SortedAliases() {
		command := a.Args[0]
		if command == "-p" && len(a.Args) > 2 {
			command = a.Args[2]
		}
		switch {
		case reserved(a.Name):
			return f.errorf(a.Line, "alias %q: there is a command of that name", a.Name)
		case command == "go" || command == "gust":
			return f.errorf(a.Line, "alias %q: leave %q out, arguments are gust's", a.Name, command)
		case !reserved(command):
			return f.errorf(a.Line, "alias %q: %q is not a command of go or gust", a.Name, command)
		}
	}
	return nil
}

// SortedAliases returns the aliases by name.
func (f *File) SortedAliases() []Alias {
	var all []Alias
	for _, a := range f.Aliases {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b Alias) int { return strings.Compare(a.Name, b.Name) })
	return all
}

func (f *File) errorf(line int, format string, args ...any) error {
	return fmt.Errorf("%s:%d: %s", f.Path, line, fmt.Sprintf(format, args...))
}

// getenv returns the last value of a variable, "" if it is not set.
func getenv(environ []string, name string) string {
	for i := len(environ) - 1; i >= 0; i-- {
		if v, ok := strings.CutPrefix(environ[i], name+"="); ok {
			return v
		}
	}
	return ""
}
