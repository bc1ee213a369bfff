package structtag

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"strconv"
	"strings"

	"github.com/fatih/gomodifytags/modifytags"
)

// A Request is one call of gomodifytags.
type Request struct {
	// File is the name of the file, for messages.
	File string
	// Source is its content.
	Source []byte
	Selection
	// Format is source or json.
	Format string
}

// An Output is what gomodifytags prints and writes.
type Output struct {
	// Text is what to print, without the newline that ends it.
	Text string
	// Source is the whole file after the change, nil in JSON format, which
	// does not write.
	Source []byte
	// Problems are fields that could not be changed.
	Problems []error
}

// Run applies change as gomodifytags does and formats the whole file. The
// one thing it does not do is to give a result that is not Go any more.
func (r Request) Run(change *Change) (Output, error) {
	if r.File == "" {
		return Output{}, usage("no file is passed")
	}
	if err := r.validate(); err != nil {
		return Output{}, err
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, r.File, r.Source, parser.ParseComments)
	if err != nil {
		return Output{}, err
	}
	start, end, err := r.find(fset, file)
	if err != nil {
		return Output{}, err
	}
	first, last := fset.Position(start).Line, fset.Position(end).Line
	var out Output
	if err := change.Apply(fset, file, start, end); err != nil {
		var fields *modifytags.RewriteErrors
		if !errors.As(err, &fields) {
			return Output{}, usage("%v", err)
		}
		out.Problems = fields.Errs
	}
	switch r.Format {
	case "source":
		err = out.source(fset, file, r.File)
	case "json":
		err = out.json(fset, file, first, last)
	default:
		err = usage("unknown output mode: %s", r.Format)
	}
	return out, err
}

func (o *Output) source(fset *token.FileSet, file *ast.File, name string) error {
	var buf bytes.Buffer
	if err := format.Node(&buf, fset, file); err != nil {
		return err
	}
	if _, err := parser.ParseFile(token.NewFileSet(), name, buf.Bytes(), parser.SkipObjectResolution); err != nil {
		return fmt.Errorf("a new tag cannot be written down: %w", err)
	}
	o.Text, o.Source = buf.String(), buf.Bytes()
	return nil
}

// selectedLines is what editors get: the lines that take the place of the
// selected ones.
type selectedLines struct {
	Start  int      `json:"start"`
	End    int      `json:"end"`
	Lines  []string `json:"lines"`
	Errors []string `json:"errors,omitempty"`
}

// json prints the file with its line numbers, as comments belong to the file
// and not to the struct, and cuts the selection out.
func (o *Output) json(fset *token.FileSet, file *ast.File, first, last int) error {
	var buf bytes.Buffer
	config := printer.Config{Mode: printer.SourcePos | printer.UseSpaces | printer.TabIndent, Tabwidth: 8}
	if err := config.Fprint(&buf, fset, file); err != nil {
		return err
	}
	lines, err := placeLines(buf.String())
	if err != nil {
		return err
	}
	if first > len(lines) || last > len(lines) {
		return notFound("line selection is invalid")
	}
	selected := selectedLines{Start: first, End: last, Lines: lines[first-1 : last]}
	for _, problem := range o.Problems {
		selected.Errors = append(selected.Errors, problem.Error())
	}
	text, err := json.MarshalIndent(selected, "", "  ")
	o.Text = string(text)
	return err
}

// placeLines undoes the //line directives that the printer writes: the line
// behind one goes to the place it names, over what stood there.
func placeLines(text string) ([]string, error) {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		if !strings.HasPrefix(line, "//line") {
			lines = append(lines, line)
			continue
		}
		at := strings.LastIndexByte(line, ':')
		if at < 0 {
			return nil, fmt.Errorf("couldn't parse line: '%s'", line)
		}
		n, err := strconv.Atoi(line[at+1:])
		if err != nil {
			return nil, err
		}
		if n < 1 {
			return nil, fmt.Errorf("couldn't parse line: '%s'", line)
		}
		for len(lines) < n-1 {
			lines = append(lines, "")
		}
		lines = lines[:n-1]
	}
	return lines, nil
}
