// Command manual writes the pages that are made of gust's help: docs/commands
// with -markdown, man pages with -man. See docs/docs.go.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gust-go/gust/cmd"
	"github.com/gust-go/gust/internal/manual"
)

func main() { os.Exit(run(os.Args[1:], os.Stderr)) }

func run(args []string, stderr io.Writer) int {
	flags := flag.NewFlagSet("manual", flag.ContinueOnError)
	flags.SetOutput(stderr)
	markdown := flags.String("markdown", "", "folder for Markdown, whose other pages are removed")
	man := flags.String("man", "", "folder for man pages")
	if flags.Parse(args) != nil {
		return 2
	}
	text := pages()
	err := removeOthers(*markdown, text)
	if err == nil {
		err = write(*markdown, text)
	}
	if err == nil {
		err = write(*man, manPages())
	}
	if err != nil {
		fmt.Fprintln(stderr, "manual:", err)
		return 1
	}
	return 0
}

// pages are the Markdown files by name.
func pages() map[string][]byte {
	files := map[string][]byte{}
	var index strings.Builder
	index.WriteString("<!-- Made from gust's help by go generate ./docs; do not edit. -->\n\n# Commands\n\nWhat `--help` prints, command by command; packages have it as man pages.\n\n")
	for _, p := range cmd.Manual()[1:] {
		guide := cmd.Guide(p.Name)
		if guide != "" {
			guide = "../" + guide
		}
		files[p.FileName()+".md"] = manual.Markdown(p, guide)
		fmt.Fprintf(&index, "- [%s](%s.md): %s\n", p.Name, p.FileName(), p.Short)
	}
	files["README.md"] = []byte(index.String())
	return files
}

// manPages are the man pages by name.
func manPages() map[string][]byte {
	files := map[string][]byte{}
	all := cmd.Manual()
	for _, p := range all {
		files[p.FileName()+".1"] = manual.Roff(p, cmd.SeeAlso(all, p))
	}
	return files
}

// write writes files into a folder, none if that has no name.
func write(dir string, files map[string][]byte) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// removeOthers removes the Markdown in a folder that is not among the files.
func removeOthers(dir string, files map[string][]byte) error {
	if dir == "" {
		return nil
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.md"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if files[filepath.Base(file)] == nil {
			if err := os.Remove(file); err != nil {
				return err
			}
		}
	}
	return nil
}
