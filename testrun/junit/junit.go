// Package junit writes the results of a test run as JUnit XML, the form that
// CI servers read.
//
// It stands at the end of the event stream: the run is over, testjson has
// gathered an Execution, and [Write] turns it into one document. Suites,
// cases and counts are those of gotestsum's --junitfile. What is more: a test
// that was run again is one case, with the attempts that did not count in the
// flakyFailure and rerunFailure elements of Maven Surefire, and cases name the
// file of the test function.
package junit

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"time"

	"gotest.tools/gotestsum/testjson"
)

// Options say what is written. The zero value writes everything that the
// Execution itself knows.
type Options struct {
	// Name is the name of the whole document.
	Name string
	// GoVersion is the value of the property go.version of each suite.
	GoVersion string
	// Properties are further properties of each suite.
	Properties []Property
	// Suite and Class turn an import path into the name of a suite and the
	// class name of a case; nil keeps it.
	Suite, Class func(importPath string) string
	// HideEmpty leaves packages without tests out, HideSkipped leaves skipped
	// tests out.
	HideEmpty, HideSkipped bool
	// Strict leaves out what the schema of Jenkins' xUnit plugin does not
	// know: file, line and properties of a case, and more than three decimals.
	Strict bool
	// EveryRun makes each run of a test a case, none an attempt that another run
	// makes up for.
	EveryRun bool
	// SystemOut returns what a test that passed wrote; nil leaves it out.
	SystemOut func(testjson.TestCase) string
	// Locate says where a test function is; nil if nobody knows.
	Locate func(importPath, test string) (file string, line int, ok bool)
	// PackageOutput returns what to add to the output of a package that
	// failed as a whole, such as the compiler's errors; nil adds nothing.
	PackageOutput func(importPath string) string
	// Quarantined says why a failure of a test does not count, see package
	// quarantine; nil quarantines nothing.
	Quarantined func(importPath, test string) (reason string, ok bool)
}

// Write writes the document for a run that has ended.
func Write(w io.Writer, exec *testjson.Execution, opts Options) error {
	doc, err := xml.MarshalIndent(document(exec, opts), "", "\t")
	if err != nil {
		return fmt.Errorf("encode JUnit XML: %w", err)
	}
	if _, err := fmt.Fprintf(w, "%s%s\n", xml.Header, doc); err != nil {
		return fmt.Errorf("write JUnit XML: %w", err)
	}
	return nil
}

func document(exec *testjson.Execution, opts Options) suites {
	doc := suites{Name: opts.Name, Errors: len(exec.Errors()), Time: opts.seconds(exec.Elapsed())}
	for _, name := range exec.Packages() {
		pkg := exec.Package(name)
		if name == "" && pkg.IsEmpty() {
			continue // holds build output, which belongs to no package yet
		}
		if opts.HideEmpty && pkg.IsEmpty() {
			continue
		}
		s := opts.suite(name, pkg)
		doc.Suites = append(doc.Suites, s)
		doc.Tests += s.Tests
		doc.Failures += s.Failures
		if pkg.TestMainFailed() {
			doc.Failures++
		}
	}
	return doc
}

// suite describes one package. Like gotestsum's, its counts leave out the
// case that stands for a failure outside any test.
func (o Options) suite(name string, pkg *testjson.Package) suite {
	s := suite{
		Name:      rename(o.Suite, name),
		Time:      o.seconds(pkg.Elapsed()),
		Timestamp: pkg.Start.Format(time.RFC3339),
	}
	s.Properties = append(s.Properties, Property{Name: "go.version", Value: o.GoVersion})
	s.Properties = append(s.Properties, o.Properties...)
	if pkg.TestMainFailed() {
		s.Cases = append(s.Cases, o.packageFailure(name, pkg))
	}
	for _, r := range merge(pkg, o.EveryRun) {
		if o.HideSkipped && r.state == skipped {
			continue
		}
		s.Tests++
		switch r.state {
		case failed:
			s.Failures++
		case skipped:
			s.Skipped++
		}
		s.Cases = append(s.Cases, o.testCase(name, pkg, r))
	}
	return s
}

// packageFailure is the case for what failed outside any test: the build,
// TestMain, an init function, a timeout.
func (o Options) packageFailure(name string, pkg *testjson.Package) testCase {
	text := output(pkg, testjson.TestCase{})
	if o.PackageOutput != nil {
		text = o.PackageOutput(name) + text
	}
	return testCase{
		Class: rename(o.Class, name), Name: "TestMain", Time: o.seconds(0),
		Failure: &failure{Message: "Failed", Text: text},
	}
}

func (o Options) testCase(name string, pkg *testjson.Package, r result) testCase {
	c := testCase{Class: rename(o.Class, name), Name: r.Test.Name(), Time: o.seconds(r.Elapsed)}
	c.Reruns = attempts(pkg, r)
	switch r.state {
	case failed:
		first := r.TestCase
		if len(r.earlier) > 0 {
			first = r.earlier[0]
		}
		c.Failure = &failure{Message: "Failed", Text: output(pkg, first)}
	case skipped:
		c.Skipped = &skip{Message: output(pkg, r.TestCase)}
	case passed:
		if o.SystemOut != nil {
			c.SystemOut = o.SystemOut(r.TestCase)
		}
	}
	if o.Strict {
		return c
	}
	if o.Locate != nil {
		if file, line, ok := o.Locate(name, r.Test.Name()); ok {
			c.File, c.Line = file, line
		}
	}
	c.Properties = o.caseProperties(name, r)
	return c
}

func rename(f func(string) string, name string) string {
	if f == nil {
		return name
	}
	return f(name)
}

// seconds formats a duration: with as many decimals as gotestsum does, or as
// Jenkins' schema allows. A test that never ended has a negative duration,
// which no schema allows.
func (o Options) seconds(d time.Duration) string {
	decimals := 6
	if o.Strict {
		decimals = 3
	}
	return strconv.FormatFloat(max(d, 0).Seconds(), 'f', decimals, 64)
}
