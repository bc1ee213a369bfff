package junit

import "encoding/xml"

// The structs below are the elements, in the order that Jenkins' schema
// wants. encoding/xml writes U+FFFD for what XML cannot hold, such as the
// escape sequences of a terminal.

type suites struct {
	XMLName  xml.Name `xml:"testsuites"`
	Name     string   `xml:"name,attr,omitempty"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Time     string   `xml:"time,attr"`
	Suites   []suite  `xml:"testsuite"`
}

type suite struct {
	Tests      int        `xml:"tests,attr"`
	Failures   int        `xml:"failures,attr"`
	Errors     int        `xml:"errors,attr"` // always 0; schemas require it
	Skipped    int        `xml:"skipped,attr,omitempty"`
	Time       string     `xml:"time,attr"`
	Name       string     `xml:"name,attr"`
	Timestamp  string     `xml:"timestamp,attr"`
	Properties []Property `xml:"properties>property,omitempty"`
	Cases      []testCase `xml:"testcase"`
}

type testCase struct {
	Class      string      `xml:"classname,attr"`
	Name       string      `xml:"name,attr"`
	Time       string      `xml:"time,attr"`
	File       string      `xml:"file,attr,omitempty"`
	Line       int         `xml:"line,attr,omitempty"`
	Properties *properties `xml:"properties,omitempty"`
	Skipped    *skip       `xml:"skipped,omitempty"`
	Failure    *failure    `xml:"failure,omitempty"`
	Reruns     []rerun
	SystemOut  string `xml:"system-out,omitempty"`
}

type properties struct {
	List []Property `xml:"property"`
}

// A Property is a name and a value that a suite or case carries.
type Property struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type skip struct {
	Message string `xml:"message,attr"`
}

type failure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

// rerun is a flakyFailure or rerunFailure.
type rerun struct {
	XMLName xml.Name
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Stack   string `xml:"stackTrace"`
}
