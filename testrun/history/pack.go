package history

import (
	"encoding/json"
	"slices"
)

// pack encodes the tests of a package that ended. In memory they take five
// times as much as in the log.
func (c *Collector) pack(p *collected) {
	c.unpack(p)
	tests := p.results()
	p.tests = nil
	if len(tests) == 0 {
		return
	}
	// Strings and numbers can always be encoded.
	p.packed, _ = json.Marshal(tests)
	if p.Result == Fail || has(tests, Fail) {
		return // gust test --failed wants to know which
	}
	c.passed = append(c.passed, p)
	c.packed += int64(len(p.packed))
	for c.packed > c.limit() {
		oldest := c.passed[0]
		c.passed = c.passed[1:]
		c.packed -= int64(len(oldest.packed))
		oldest.packed = nil // a record without tests is left
	}
}

// unpack makes the tests of a package ready to be told about again.
func (c *Collector) unpack(p *collected) {
	if p.tests != nil {
		return
	}
	p.tests = make(map[string]*attempts)
	for _, t := range p.all() {
		a := &attempts{run: packedRun, result: t.Result, elapsed: t.ElapsedNS}
		if t.Result == Flaky {
			a.result = Pass
		}
		a.anyFailed = t.Result == Fail || t.Result == Flaky
		p.tests[t.Name] = a
	}
	if i := slices.Index(c.passed, p); p.packed != nil && i >= 0 {
		c.passed = slices.Delete(c.passed, i, i+1)
		c.packed -= int64(len(p.packed))
	}
	p.packed = nil
}

// packedRun is the run of tests that were packed, none that is to come.
const packedRun = -1

// all are the tests of a package, packed or not.
func (p *collected) all() []Test {
	if p.packed == nil {
		return p.results()
	}
	var tests []Test
	_ = json.Unmarshal(p.packed, &tests) // pack made it
	return tests
}

func (c *Collector) limit() int64 {
	if c.MaxBytes > 0 {
		return c.MaxBytes
	}
	return DefaultMaxBytes
}
