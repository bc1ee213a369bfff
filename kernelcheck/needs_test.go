package kernelcheck

import (
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
)

func program(v, arch string, change ...func(*fact.Program)) *fact.Program {
	p := &fact.Program{Name: "p", Arch: arch, OS: "linux", Cgo: fact.No, Static: fact.Yes, Level: "v1", Debug: map[string]string{}, DebugKnown: true, Binary: true}
	p.SetVersion(v)
	for _, c := range change {
		c(p)
	}
	return p
}

func TestMinKernel(t *testing.T) {
	note := func(p *fact.Program) { p.ABINote = "4.4.0" }
	for _, tt := range []struct {
		p    *fact.Program
		want string
	}{
		{program("go1.18.10", "amd64"), "2.6.23"},
		{program("go1.23.4", "amd64"), "2.6.32"},
		{program("go1.26.8", "amd64"), "3.2"},
		{program("go1.26.8", "amd64", note), "4.4.0"},
		{program("go1.23.4", "arm"), "3.1"},
		{program("go1.26.8", "loong64"), "5.19"},
		{program("go1.26.8", "ppc64"), "3.2"},
		{program("go1.27.0", "ppc64"), "3.13"},
		{program("go1.26.8", "amd64", func(p *fact.Program) { p.OS = "windows" }), ""},
		{program("", "amd64"), ""},
	} {
		if got := MinKernel(tt.p); got != tt.want {
			t.Errorf("MinKernel(%s %s/%s %s) = %q, want %q", tt.p.Version, tt.p.OS, tt.p.Arch, tt.p.ABINote, got, tt.want)
		}
	}
}

func TestStands(t *testing.T) {
	v3 := func(p *fact.Program) { p.Level = "v3" }
	for _, tt := range []struct {
		p           *fact.Program
		kernel, cpu string
		want        fact.Verdict
		rule        string
	}{
		{program("go1.26.8", "amd64"), "3.2", "", fact.Yes, ""},
		{program("go1.26.8", "amd64"), "3.1.9", "", fact.No, "MIN-KERNEL"},
		{program("go1.26.8", "amd64"), "", "v1", fact.Yes, ""},
		{program("go1.26.8", "amd64", v3), "5.15", "", fact.Yes, ""},
		{program("go1.26.8", "amd64", v3), "", "v2", fact.No, "CPU-LEVEL"},
		{program("go1.26.8", "amd64", v3), "5.15", "v3", fact.Yes, ""},
		{program("go1.25.12", "386"), "6.8", "", fact.Unknown, "COMPAT32"},
		{program("go1.25.12", "386"), "", "", fact.Yes, ""},
	} {
		got, err := Stands(tt.p, tt.kernel, tt.cpu)
		if err != nil || got.Verdict != tt.want || (len(got.Findings) > 0) != (tt.rule != "") || tt.rule != "" && got.Findings[0].ID != tt.rule {
			t.Errorf("%s %s %s on Linux %q with %q: %+v, %v; want %s %s", tt.p.Version, tt.p.Arch, tt.p.Level, tt.kernel, tt.cpu, got, err, tt.want, tt.rule)
		}
	}
	if _, err := Stands(program("go1.26.8", "amd64"), "five", ""); err == nil {
		t.Error(`"five" is taken for a kernel`)
	}
}
