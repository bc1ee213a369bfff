package toolexec

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/gust-go/gust/build/store"
)

// compilerEnv are the variables that cmd/compile reads and that may differ
// between two builds in the same directory.
var compilerEnv = []string{
	"GOOS", "GOARCH", "GOEXPERIMENT", "GOROOT", "GODEBUG", "GOFIPS140",
	"GO386", "GOAMD64", "GOARM", "GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64",
	"GORISCV64", "GOWASM", "GOCLOBBERDEADHASH", "GO_EXTLINK_ENABLED",
}

// debugEnv are variables with which a compile does more than compile.
var debugEnv = []string{"GOSSAFUNC", "GOSSADIR", "GOCOMPILEDEBUG", "GOSSAHASH", "GOBISECT"}

// Inputs is everything a compile depends on but its imports. Its JSON form is
// kept as the package's last inputs, to say later what has changed.
type Inputs struct {
	Tool    string      `json:"tool"`
	Args    []string    `json:"args"`
	Env     []string    `json:"env"`
	Files   []FileInput `json:"files"`
	Imports []Import    `json:"imports,omitempty"` // not part of the key
}

// A FileInput is a file by its neutral name and content.
type FileInput struct {
	Path string `json:"path"`
	Hash string `json:"hash"`
}

// readInputs reads what the compile c with the given tool depends on. The
// contents of sources are returned beside, in the order of c.sources.
func readInputs(st *store.Store, tool string, c *compileArgs) (in Inputs, sources [][]byte, err error) {
	if in.Tool, err = toolID(st, tool); err != nil {
		return in, nil, err
	}
	in.Env = environment(compilerEnv)
	for _, f := range c.flags {
		switch f.role {
		case roleBool, roleValue:
			in.Args = append(in.Args, "-"+f.name+"="+c.neutral(f.value))
		case roleOutput:
			in.Args = append(in.Args, "-"+f.name)
		case roleFile:
			if err := in.addFlagFile(c, f); err != nil {
				return in, nil, err
			}
		}
	}
	if err := in.addEmbeds(c); err != nil {
		return in, nil, err
	}
	for _, src := range c.sources {
		b, err := os.ReadFile(src)
		if err != nil {
			return in, nil, err
		}
		in.Files = append(in.Files, FileInput{c.neutral(src), store.Key(b)})
		sources = append(sources, b)
	}
	return in, sources, nil
}

// environment are the variables of those names that are set, in their order.
func environment(names []string) (env []string) {
	for _, name := range names {
		v, ok := os.LookupEnv(name)
		if name == "GODEBUG" {
			v = compilerGODEBUG(v)
			ok = v != ""
		}
		if ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}

// compilerGODEBUG is what the compiler may heed of a GODEBUG. gocachetest is
// cmd/go's own (cmd/go/internal/test), and gust test --explain sets it for a
// run whose results the next one, without it, is to find.
func compilerGODEBUG(v string) string {
	settings := slices.DeleteFunc(strings.Split(v, ","), func(s string) bool {
		return strings.HasPrefix(s, "gocachetest=")
	})
	return strings.Join(settings, ",")
}

func (in *Inputs) addFile(name, file string) error {
	key, err := store.FileKey(file)
	if err != nil {
		return err
	}
	in.Files = append(in.Files, FileInput{name, key})
	return nil
}

// addFlagFile adds the content of the file behind a flag. That of -embedcfg names
// files by their paths, which nothing of the result depends on.
func (in *Inputs) addFlagFile(c *compileArgs, f flagArg) error {
	dir := c.trimmedDir()
	if f.name != "embedcfg" || dir == "" {
		return in.addFile("-"+f.name, f.value)
	}
	b, err := os.ReadFile(f.value)
	if err != nil {
		return err
	}
	quoted, err := json.Marshal(dir + string(filepath.Separator))
	if err != nil {
		return err
	}
	b = bytes.ReplaceAll(b, quoted[:len(quoted)-1], []byte(`"$DIR/`))
	in.Files = append(in.Files, FileInput{"-embedcfg", store.Key(b)})
	return nil
}

// addEmbeds adds the content of the files that -embedcfg names.
func (in *Inputs) addEmbeds(c *compileArgs) error {
	file := c.byName["embedcfg"]
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var cfg struct{ Files map[string]string }
	if err := json.Unmarshal(b, &cfg); err != nil {
		return fmt.Errorf("parse embedcfg: %w", err)
	}
	names := make([]string, 0, len(cfg.Files))
	for name := range cfg.Files {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if err := in.addFile("embed "+name, cfg.Files[name]); err != nil {
			return err
		}
	}
	return nil
}

// key is the digest of in and of the lines of the importcfg that are no
// package files, together with the paths of those that are. The directory of a
// checkout does not count where go's -trimpath takes it out.
func (in Inputs) key(cfg *importcfg, trimmed string) (string, error) {
	in.Imports = nil
	if trimmed != "" {
		in = in.without(trimmed)
	}
	b, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	return store.Key([]byte("compile 1\n"), b, []byte(cfg.shape())), nil
}

// without names files relative to a directory.
func (in Inputs) without(dir string) Inputs {
	args := slices.Clone(in.Args)
	for i, a := range args {
		if rest, ok := strings.CutPrefix(a, "-trimpath="+dir+"=>"); ok {
			args[i] = "-trimpath=$DIR=>" + rest
		}
	}
	files := slices.Clone(in.Files)
	for i, f := range files {
		if rest, ok := strings.CutPrefix(f.Path, dir+string(filepath.Separator)); ok {
			files[i].Path = "$DIR/" + filepath.ToSlash(rest)
		}
	}
	in.Args, in.Files = args, files
	return in
}

// importcfg is the file that maps import paths to archives.
type importcfg struct {
	paths []string
	files map[string]string
	other []string
}

func readImportcfg(file string) (*importcfg, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	cfg := &importcfg{files: map[string]string{}}
	for line := range bytes.Lines(b) {
		s := strings.TrimSpace(string(line))
		if s == "" || strings.HasPrefix(s, "#") {
			continue
		}
		rest, ok := strings.CutPrefix(s, "packagefile ")
		if !ok {
			cfg.other = append(cfg.other, s)
			continue
		}
		path, archive, ok := strings.Cut(rest, "=")
		if !ok {
			return nil, fmt.Errorf("importcfg line %q", s)
		}
		cfg.paths = append(cfg.paths, path)
		cfg.files[path] = archive
	}
	return cfg, nil
}

func (cfg *importcfg) shape() string {
	return strings.Join(cfg.other, "\n") + "\n\n" + strings.Join(cfg.paths, "\n")
}

// toolID is what the tool says to -V=full, remembered by the identity of its
// file. Of a development version that text contains the content's hash.
func toolID(st *store.Store, tool string) (string, error) {
	info, err := os.Stat(tool)
	if err != nil {
		return "", err
	}
	key := store.Key(fmt.Appendf(nil, "tool 1\n%s\n%d\n%d", filepath.Clean(tool), info.Size(), info.ModTime().UnixNano()))
	if b, err := st.Get(store.Tool, key); err == nil {
		return string(b), nil
	}
	out, err := output(tool, "-V=full")
	if err != nil {
		return "", err
	}
	return string(out), st.Put(store.Tool, key, out)
}
