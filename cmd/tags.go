package cmd

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/tools/go/buildutil"

	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/structtag"
)

// tagsFlags are the flags of gust tags: those of gomodifytags, then our own.
type tagsFlags struct {
	file, format, line, structName, field      string
	write, quiet, modified, all                bool
	offset                                     int
	addTags, removeTags, addOptions, remOpts   string
	clearTags, clearOptions, override, sort    bool
	skipUnexported                             bool
	transform, template                        string
	check, diff, json, embedded, tests, genned bool

	given map[string]bool
	args  []string
}

const tagsHelp = `Adds, removes and checks struct tags. Nothing is written without -w.

For whole packages, a diff is printed unless -w is there:

  gust tags add json,db ./...           add what is missing
  gust tags remove xml -w ./api
  gust tags clear -struct Options -w .
  gust tags check ./...                 tags that do not parse or occur twice
  gust tags add json --check ./...      the same, and fields without the tag

With -file it is gomodifytags: the same flags and the same output.

  gust tags -file api.go -line 12,20 -add-tags json -w`

const tagsUsage = `Usage:
  gust tags VERB [KEYS] [flags] packages or files...
  gust tags -file FILE [flags of gomodifytags]

Verbs: add KEYS, remove KEYS, clear, sort, check. A key can have a value: json:name.

Fields:
  -struct NAME        the struct of that name
  -field NAME         this field of it
  -line N[,M]         by lines, in one file
  -offset N           by byte offset, in one file
  -all                all structs (with -file; packages need no flag)
  -skip-unexported    leave unexported fields alone; the default for packages
  --embedded          add tags to embedded fields too
  --tests             test files too
  --generated         generated files too

Changes:
  -add-tags KEYS      -remove-tags KEYS      -clear-tags
  -add-options LIST   -remove-options LIST   -clear-options
                      such as json=omitempty,db=pk
  -override           replace the value of keys that are there
  -transform NAME     snakecase, camelcase, lispcase, pascalcase, titlecase, keep
  -template TEXT      such as column:{field}
  -sort               put keys in alphabetical order

Output:
  -w                  write the files
  --check             write nothing; exit with status 4 if something would change
                      or a tag is wrong
  --diff              print a diff, even with -file or -w
  --json              events, one JSON object a line
  -format FORMAT      source or json, with -file
  -modified           read an archive of modified files from stdin, with -file
  -quiet              print nothing but problems
  --help              print this help

EXIT STATUS
  2    the flags are used wrongly
  3    a file cannot be read, does not parse or cannot be written
  4    --check: a tag is missing, out of order, not unique or does not parse
  5    no such struct, field, line or package
`

// newTagsCmd is `gust tags`. Its flags are gomodifytags', with one dash.
func (a *app) newTagsCmd() *cobra.Command {
	c := &cobra.Command{
		Use:                "tags",
		Short:              "add, remove and check struct tags",
		Long:               tagsHelp,
		DisableFlagParsing: true,
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 || slices.Contains(args, "--help") {
				return c.Help()
			}
			flags, err := parseTagsFlags(args)
			if errors.Is(err, flag.ErrHelp) {
				return c.Help()
			}
			if err == nil {
				err = tagsError(a.tags(c.Context(), flags))
			}
			if flags != nil && flags.json {
				a.emitError(err)
			}
			return err
		},
	}
	c.SetUsageTemplate(tagsUsage)
	return c
}

// tags runs in the way that the flags ask for.
func (a *app) tags(ctx context.Context, f *tagsFlags) error {
	change, err := f.change()
	if err != nil {
		return err
	}
	whole := f.check || f.diff || f.json
	switch {
	case f.file != "" && len(f.args) > 0:
		return tagsUsageError("-file and packages cannot be used together")
	case f.file != "" && !whole:
		return a.tagsFile(f, change)
	case f.modified || f.given["format"]:
		return tagsUsageError("-modified and -format need -file, without --check, --diff and --json")
	case f.file != "":
		f.args = []string{f.file}
	case len(f.args) == 0:
		return tagsUsageError("no packages or files are named")
	}
	return a.tagsPackages(ctx, f, change)
}

// tagsFile does what gomodifytags does.
func (a *app) tagsFile(f *tagsFlags, change *structtag.Change) error {
	var src []byte
	var err error
	if f.modified {
		src, err = modifiedFile(a.term.In, f.file)
	} else {
		src, err = structtag.Read(f.file)
	}
	if err != nil {
		return err
	}
	out, err := structtag.Request{File: f.file, Source: src, Selection: f.selection(), Format: f.format}.Run(change)
	if err != nil {
		return err
	}
	if f.format == "source" {
		for _, problem := range out.Problems {
			a.note(problem.Error())
		}
	}
	if f.write && out.Source != nil {
		content := structtag.LineEndings(out.Source, src)
		if f.modified {
			// gomodifytags writes what the editor holds over the file.
			if src, err = structtag.Read(f.file); err != nil {
				return err
			}
		}
		if err := structtag.Write(f.file, src, content); err != nil {
			return err
		}
	}
	if f.quiet {
		return nil
	}
	_, err = fmt.Fprintln(a.term.Out, out.Text)
	return err
}

// modifiedFile finds a file in the archive that editors send: a name, a
// size and the content of each file they have not saved.
func modifiedFile(r io.Reader, name string) ([]byte, error) {
	archive, err := buildutil.ParseOverlayArchive(r)
	if err != nil {
		return nil, fmt.Errorf("failed to parse -modified archive: %w", err)
	}
	content, ok := archive[name]
	if !ok {
		return nil, fmt.Errorf("couldn't find %s in archive", name)
	}
	return content, nil
}

// change is what the flags ask for.
func (f *tagsFlags) change() (*structtag.Change, error) {
	transform, err := structtag.ParseTransform(f.transform)
	if err != nil {
		return nil, err
	}
	c := &structtag.Change{
		Clear: f.clearTags, ClearOptions: f.clearOptions, Transform: transform, Sort: f.sort,
		ValueFormat: f.template, Overwrite: f.override, SkipUnexportedFields: f.skipUnexported,
	}
	if f.addTags != "" {
		c.Add = strings.Split(f.addTags, ",")
	}
	if f.removeTags != "" {
		c.Remove = strings.Split(f.removeTags, ",")
	}
	if f.addOptions != "" {
		if c.AddOptions, err = structtag.ParseOptions(f.addOptions); err != nil {
			return nil, err
		}
	}
	if f.remOpts != "" {
		c.RemoveOptions, err = structtag.ParseOptions(f.remOpts)
	}
	return c, err
}

func (f *tagsFlags) selection() structtag.Selection {
	return structtag.Selection{Line: f.line, Offset: f.offset, Struct: f.structName, Field: f.field, All: f.all}
}

// parseTagsFlags reads flags and arguments in any order. A verb stands first.
func parseTagsFlags(args []string) (*tagsFlags, error) {
	f := &tagsFlags{given: make(map[string]bool)}
	set := f.flagSet()
	args, err := f.verb(args)
	if err != nil {
		return f, err
	}
	for {
		if err := set.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return f, err
			}
			return f, tagsUsageError("%w", err)
		}
		if args = set.Args(); len(args) == 0 {
			break
		}
		f.args, args = append(f.args, args[0]), args[1:]
	}
	set.Visit(func(fl *flag.Flag) { f.given[fl.Name] = true })
	if f.file == "" && !f.given["skip-unexported"] {
		f.skipUnexported = true
	}
	return f, nil
}

// verb translates a verb and its keys into the flags they stand for.
func (f *tagsFlags) verb(args []string) ([]string, error) {
	switch verb := args[0]; verb {
	case "add", "remove":
		if len(args) < 2 || strings.HasPrefix(args[1], "-") || strings.ContainsAny(args[1], `/\`) {
			return nil, tagsUsageError("%s needs a list of keys, such as json,db", verb)
		}
		return append([]string{"-" + verb + "-tags=" + args[1]}, args[2:]...), nil
	case "clear":
		return append([]string{"-clear-tags"}, args[1:]...), nil
	case "sort":
		return append([]string{"-sort"}, args[1:]...), nil
	case "check":
		return append([]string{"--check"}, args[1:]...), nil
	}
	return args, nil
}

func (f *tagsFlags) flagSet() *flag.FlagSet {
	set := flag.NewFlagSet("tags", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	for name, p := range map[string]*string{
		"file": &f.file, "line": &f.line, "struct": &f.structName, "field": &f.field,
		"add-tags": &f.addTags, "remove-tags": &f.removeTags, "add-options": &f.addOptions,
		"remove-options": &f.remOpts, "template": &f.template,
	} {
		set.StringVar(p, name, "", "")
	}
	set.StringVar(&f.format, "format", "source", "")
	set.StringVar(&f.transform, "transform", "snakecase", "")
	set.IntVar(&f.offset, "offset", 0, "")
	for name, p := range map[string]*bool{
		"w": &f.write, "quiet": &f.quiet, "modified": &f.modified, "all": &f.all,
		"clear-tags": &f.clearTags, "clear-options": &f.clearOptions, "override": &f.override,
		"sort": &f.sort, "skip-unexported": &f.skipUnexported, "check": &f.check, "diff": &f.diff,
		"json": &f.json, "embedded": &f.embedded, "tests": &f.tests, "generated": &f.genned,
	} {
		set.BoolVar(p, name, false, "")
	}
	return set
}

func tagsUsageError(format string, args ...any) error {
	return fault.New(fault.Usage, "run: gust tags --help", format, args...)
}

// tagsError classes an error of the engine.
func tagsError(err error) error {
	var known *fault.UserError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, structtag.ErrUsage):
		return tagsUsageError("%w", err)
	case errors.Is(err, structtag.ErrNotFound):
		return fault.New(fault.NotFound, "run: gust tags --help", "%w", err)
	}
	return err
}
