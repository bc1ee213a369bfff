package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

// writeStream writes n events of a run in which everything passes: packages of
// a test with 500 subtests, each with a line of output.
func writeStream(name string, n int) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for i := 0; i < n; {
		pkg := fmt.Sprintf("example.com/stream/package%d", i)
		emit := func(rest string) {
			at = at.Add(time.Microsecond)
			fmt.Fprintf(w, `{"Time":%q,"Package":%q,%s}`+"\n", at.Format(time.RFC3339Nano), pkg, rest)
			i++
		}
		emit(`"Action":"start"`)
		emit(`"Action":"run","Test":"TestSomething"`)
		for t := range 500 {
			test := fmt.Sprintf(`"Test":"TestSomething/case_%d"`, t)
			emit(`"Action":"run",` + test)
			emit(fmt.Sprintf(`"Action":"output",%s,"Output":"=== RUN   TestSomething/case_%d\n"`, test, t))
			emit(fmt.Sprintf(`"Action":"output",%s,"Output":"    some_test.go:42: got %d\n"`, test, t))
			emit(fmt.Sprintf(`"Action":"output",%s,"Output":"--- PASS: TestSomething/case_%d (0.01s)\n"`, test, t))
			emit(`"Action":"pass","Elapsed":0.01,` + test)
		}
		emit(`"Action":"pass","Elapsed":0.1,"Test":"TestSomething"`)
		emit(fmt.Sprintf(`"Action":"output","Output":"ok  \t%s\t0.1s\n"`, pkg))
		emit(`"Action":"pass","Elapsed":0.1`)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// load is the load average of the last minute, "unknown" where there is none.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}
