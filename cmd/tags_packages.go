package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/gust-go/gust/internal/event"
	"github.com/gust-go/gust/internal/fault"
	"github.com/gust-go/gust/internal/gocmd"
	"github.com/gust-go/gust/internal/report"
	"github.com/gust-go/gust/internal/structtag"
	"github.com/gust-go/gust/internal/term"
	"github.com/gust-go/gust/internal/words"
)

// An editedFile is a file before and after the change.
type editedFile struct {
	name   string // as the user is to see it
	old    []byte
	result structtag.Result
}

func (f *editedFile) changed() bool { return !bytes.Equal(f.old, f.result.Source) }

// tagsPackages edits or checks many files. Every file is edited in memory
// before the first is written, so that one that does not parse leaves all of
// them as they were.
func (a *app) tagsPackages(ctx context.Context, f *tagsFlags, change *structtag.Change) error {
	if structtag.Empty(change) && !change.Sort && !f.check {
		if verb := f.args[0]; !strings.ContainsAny(verb, `./\`) { // it may be a package too, but nothing is asked for
			return tagsUsageError("%q is no verb; there are add, remove, clear, sort and check", verb)
		}
		return tagsUsageError("nothing to do: name a verb, or one of -add-tags, -add-options, -remove-tags, -remove-options, -clear-tags, -clear-options, -sort, --check")
	}
	if f.check && f.write {
		return tagsUsageError("--check writes nothing; leave -w out")
	}
	var g *gocmd.Go
	if slices.ContainsFunc(f.args, func(arg string) bool { return !strings.HasSuffix(arg, ".go") }) {
		var err error
		if g, err = a.findGo(); err != nil {
			return err
		}
	}
	names, err := structtag.Files(ctx, g, f.args, f.tests)
	if err != nil {
		return err
	}
	if len(names) > 1 && (f.line != "" || f.offset != 0) {
		return tagsUsageError("-line and -offset need a single file")
	}
	files, err := editFiles(names, f, *change)
	if err != nil {
		return err
	}
	if f.write {
		if err := writeFiles(files); err != nil {
			return err
		}
	}
	return a.reportTags(f, files)
}

// editFiles edits in memory.
func editFiles(names []string, f *tagsFlags, change structtag.Change) ([]editedFile, error) {
	options := structtag.EditOptions{Change: change, Selection: f.selection(), Embedded: f.embedded, Generated: f.genned}
	if options.Selection.All {
		options.Selection = structtag.Selection{}
	}
	var files []editedFile
	var missing error
	for _, name := range names {
		src, err := structtag.Read(name)
		if err != nil {
			return nil, err
		}
		result, err := structtag.Edit(shown(name), src, options)
		switch {
		case errors.Is(err, structtag.ErrNotFound):
			missing = err
			continue // perhaps another file has it
		case err != nil:
			return nil, err
		}
		files = append(files, editedFile{shown(name), src, result})
	}
	if len(files) == 0 {
		return nil, missing
	}
	return files, nil
}

// writeFiles writes what changed, as far as it can.
func writeFiles(files []editedFile) error {
	var errs []error
	for _, file := range files {
		if file.changed() {
			errs = append(errs, structtag.Write(file.name, file.old, file.result.Source))
		}
	}
	return errors.Join(errs...)
}

// reportTags says what changes, or would, and what is wrong.
func (a *app) reportTags(f *tagsFlags, files []editedFile) error {
	sum := event.TagsSummary{Files: len(files), Written: f.write}
	changed := 0
	for _, file := range files {
		sum.Changes += len(file.result.Edits)
		sum.Problems += len(file.result.Problems)
		if file.result.Generated {
			sum.Generated++
		}
		if file.changed() {
			changed++
		}
		var err error
		if f.json {
			err = a.tagsEvents(&file)
		} else {
			err = a.tagsText(f, &file)
		}
		if err != nil {
			return err
		}
	}
	if f.json {
		if err := a.emit(sum); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("%s in %s", words.Counts(sum.Changes, "tag", "tags"), words.Counts(changed, "file", "files"))
	switch {
	case f.check && sum.Changes > 0:
		return fault.New(fault.Capability, "run the command with -w instead of --check", "%s to change", what)
	case f.check && sum.Problems > 0:
		return fault.New(fault.Capability, "edit the lines above", "%s to mend by hand", words.Counts(sum.Problems, "tag", "tags"))
	case f.json || f.quiet || f.check:
	case sum.Changes == 0:
		a.note("no tag changes in " + words.Counts(sum.Files, "file", "files"))
	case f.write:
		a.note("changed " + what)
	default:
		a.note(what + " would change; add -w to write")
	}
	return nil
}

// tagsText shows one file's changes to people.
func (a *app) tagsText(f *tagsFlags, file *editedFile) error {
	for _, p := range file.result.Problems {
		_, _ = fmt.Fprintf(a.term.Err, "%s:%d: %s.%s: %s\n", file.name, p.Line, p.Struct, p.Field, p.Text)
	}
	if f.quiet || f.write && !f.diff || !file.changed() {
		return nil
	}
	_, err := a.term.Out.Write(diff.Diff(file.name+".orig", file.old, file.name, file.result.Source))
	return err
}

// tagsEvents tells one file's changes to programs.
func (a *app) tagsEvents(file *editedFile) error {
	for _, e := range file.result.Edits {
		if err := a.emit(event.TagsField{File: filepath.ToSlash(file.name), Line: e.Line,
			Struct: e.Struct, Field: e.Field, Old: e.Old, New: e.New}); err != nil {
			return err
		}
	}
	for _, p := range file.result.Problems {
		if err := a.emit(event.TagsField{File: filepath.ToSlash(file.name), Line: p.Line,
			Struct: p.Struct, Field: p.Field, Problem: p.Text}); err != nil {
			return err
		}
	}
	return nil
}

// note tells people something on stderr.
func (a *app) note(text string) { a.say("", text, "") }

// warn tells people of something that is not as it should be.
func (a *app) warn(text, hint string) { a.say("warning", text, hint) }

func (a *app) say(label, text, hint string) {
	// Nobody is left to tell if stderr is closed.
	_, _ = io.WriteString(a.term.Err, report.Note(a.term.Color(term.ColorAuto, a.term.ErrTTY), label, text, hint))
}

// shown is a file name relative to the working directory, if it is below it.
func shown(name string) string {
	dir, err := os.Getwd()
	if err != nil {
		return name
	}
	rel, err := filepath.Rel(dir, name)
	if err != nil || !filepath.IsLocal(rel) {
		return name
	}
	return rel
}
