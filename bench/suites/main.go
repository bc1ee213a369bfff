// Command suites runs the tests of modules that others have written with go test
// and with gust test --sandbox=auto, several times each in turn, and compares the
// results test by test:
//
//	go build -o /usr/local/bin/gust ./cmd/gust && go build -o suites ./bench/suites
//	./suites -gust /usr/local/bin/gust -work DIR -results root.json
//	chown -R 65534:65534 DIR && setpriv --reuid=65534 --regid=65534 --clear-groups ./suites … -results nobody.json
//	./suites -table root.json nobody.json
//
// DIR holds copies of the modules, a home directory and a build cache. What
// is already in the results is not run again, so that a run can be broken off.
// Modules are downloaded as go does it; nothing of them is part of gust.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "suites:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	fs := flag.NewFlagSet("suites", flag.ContinueOnError)
	var l lab
	fs.StringVar(&l.gust, "gust", "", "`PROGRAM` to measure")
	fs.StringVar(&l.work, "work", "", "`DIRECTORY` to work in")
	fs.StringVar(&l.file, "results", "", "`FILE` to keep results in")
	fs.IntVar(&l.rounds, "rounds", 5, "how often each side runs each suite")
	only := fs.String("only", "", "comma-separated parts of `MODULES` to run")
	table := fs.Bool("table", false, "print what is in the files of results that follow")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if *table {
		return printTable(out, fs.Args())
	}
	if l.gust == "" || l.work == "" || l.file == "" {
		return errors.New("-gust, -work and -results are required")
	}
	var err error
	for _, path := range []*string{&l.gust, &l.work, &l.file} {
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	chosen := slices.DeleteFunc(slices.Clone(suites), func(s suite) bool {
		return !slices.ContainsFunc(strings.Split(*only, ","), func(part string) bool { return strings.Contains(s.Module, part) })
	})
	return l.measure(ctx, chosen, out)
}
