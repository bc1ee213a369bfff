package toolexec

import (
	"path/filepath"
	"strings"
)

// How a compiler flag counts towards the identity of a compile.
type flagRole int

const (
	roleUnknown flagRole = iota // the compile is not understood
	roleBool                    // no value, or one after "="
	roleValue                   // takes a value; flag and value are hashed
	roleIgnored                 // takes a value that does not change the output
	roleFile                    // takes a file whose content is hashed
	roleOutput                  // takes a file that the compiler writes
)

// compileFlags are the flags of cmd/compile that cmd/go passes and those that
// users pass in -gcflags without side effects. All others (profiles, -linkobj,
// -json, …) make the compile one that is not understood.
var compileFlags = map[string]flagRole{
	"complete": roleBool, "std": roleBool, "nolocalimports": roleBool, "pack": roleBool,
	"race": roleBool, "msan": roleBool, "asan": roleBool, "shared": roleBool,
	"dynlink": roleBool, "linkshared": roleBool, "+": roleBool,
	"N": roleBool, "l": roleBool, "m": roleBool, "S": roleBool, "e": roleBool,
	"L": roleBool, "B": roleBool, "dwarf": roleBool, "smallframes": roleBool,
	"dwarflocationlists": roleBool, "dwarfbasentries": roleBool, "t": roleBool,
	"trimpath": roleValue, "p": roleValue, "lang": roleValue, "goversion": roleValue,
	"D": roleValue, "installsuffix": roleValue, "spectre": roleValue, "d": roleValue,
	"c": roleIgnored, "buildid": roleIgnored, "importcfg": roleIgnored,
	"embedcfg": roleFile, "symabis": roleFile, "pgoprofile": roleFile, "coveragecfg": roleFile,
	"o": roleOutput, "asmhdr": roleOutput,
}

// compileArgs is a compiler command line taken apart.
type compileArgs struct {
	flags   []flagArg
	sources []string
	byName  map[string]string
	objDir  string // where cmd/go keeps this package's files: $WORK/bNNN
	workDir string // $WORK
}

type flagArg struct {
	name, value string
	role        flagRole
}

// parseCompile takes the compiler's arguments apart; ok is false if there is
// anything in them that this package does not know.
func parseCompile(args []string) (c *compileArgs, ok bool) {
	c = &compileArgs{byName: map[string]string{}}
	for len(args) > 0 && strings.HasPrefix(args[0], "-") {
		name, value, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(args[0], "-"), "-"), "=")
		role := compileFlags[name]
		args = args[1:]
		switch {
		case role == roleUnknown:
			return nil, false
		case role == roleBool:
			if !hasValue {
				value = "true"
			}
		case !hasValue:
			if len(args) == 0 {
				return nil, false
			}
			value, args = args[0], args[1:]
		}
		c.flags = append(c.flags, flagArg{name, value, role})
		c.byName[name] = value
	}
	c.sources = args
	return c, c.plausible()
}

// plausible reports whether this is a compile as cmd/go issues it.
func (c *compileArgs) plausible() bool {
	out := c.byName["o"]
	if len(c.sources) == 0 || out == "" || c.byName["p"] == "" || c.byName["importcfg"] == "" || c.byName["pack"] != "true" {
		return false
	}
	for _, s := range c.sources {
		if strings.HasPrefix(s, "-") || !filepath.IsAbs(s) {
			return false
		}
	}
	// -d is for debugging the compiler; cmd/go itself passes checkptr only.
	for _, f := range c.flags {
		if f.name == "d" && !strings.HasPrefix(f.value, "checkptr") {
			return false
		}
	}
	c.objDir = filepath.Dir(out)
	c.workDir = filepath.Dir(c.objDir)
	return filepath.IsAbs(out)
}

// neutral replaces the names of this build's temporary directories in s.
func (c *compileArgs) neutral(s string) string {
	s = strings.ReplaceAll(s, c.objDir, "$OBJ")
	return strings.ReplaceAll(s, c.workDir, "$WORK")
}

// trimmedDir is the directory of the sources if go's -trimpath takes it out of
// all that the compiler writes, "" if it does not. cmd/go then writes it first
// (cmd/go/internal/work.(*Action).trimpath), and leaves it out of its own key.
func (c *compileArgs) trimmedDir() string {
	dir, _, ok := strings.Cut(c.byName["trimpath"], "=>")
	if !ok || !filepath.IsAbs(dir) || dir == c.objDir {
		return ""
	}
	for _, src := range c.sources {
		if !within(dir, src) && !within(c.objDir, src) {
			return ""
		}
	}
	return dir
}

// actual undoes neutral, for this build's directories.
func (c *compileArgs) actual(s string) string {
	s = strings.ReplaceAll(s, "$OBJ", c.objDir)
	return strings.ReplaceAll(s, "$WORK", c.workDir)
}

// local reports whether the package's sources may change between builds: not
// all of them are in GOROOT or the module cache, whose files are read-only.
func (s *Session) local(c *compileArgs) bool {
	return c.byName["std"] != "true" && s.changes(c.sources)
}

// changes reports whether a source may differ between builds.
func (s *Session) changes(sources []string) bool {
	for _, src := range sources {
		if !within(s.GOROOT, src) && !within(s.GOMODCACHE, src) {
			return true
		}
	}
	return false
}

func within(dir, file string) bool {
	return dir != "" && strings.HasPrefix(file, dir+string(filepath.Separator))
}
