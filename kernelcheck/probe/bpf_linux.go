package probe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/features"
	"github.com/cilium/ebpf/link"

	"github.com/gust-go/gust/kernelcheck/fact"
)

// A bpfProbe tries one thing and cleans up behind itself.
type bpfProbe struct {
	name string
	// needs is another probe without which this one is denied too.
	needs string
	run   func() error
}

func bpfProbes() []bpfProbe {
	return []bpfProbe{
		{"bpf-ringbuf", "", func() error { return features.HaveMapType(ebpf.RingBuf) }},
		{"bpf-kprobe", "", attachKprobe},
		{"bpf-kprobe-multi", "", features.HaveBPFLinkKprobeMulti},
		{"bpf-fentry", "bpf-kprobe", attachFentry},
		{"bpf-lsm", "bpf-fentry", attachLSM},
	}
}

// runBPF runs the BPF probes, unless the system call itself is closed to us:
// a filter that kills for it must kill somebody else.
func runBPF(ctx context.Context, h *fact.Host, self string) map[string]fact.Probe {
	all := map[string]fact.Probe{"btf": btfProbe(h)}
	if h.Seccomp == 0 {
		self = "" // nothing kills for a system call
	}
	var first fact.Probe
	for _, out := range runRaw(ctx, self, []string{"bpf"}) {
		first = explain(h, out)
	}
	all["bpf"] = first
	for _, p := range bpfProbes() {
		switch {
		case first.Verdict != fact.Yes:
			all[p.name] = first
		case p.needs != "" && all[p.needs].Verdict == fact.Denied:
			// The same permission is asked for, and reading the kernel's BTF to
			// be refused takes 15 ms.
			all[p.name] = all[p.needs]
		case ctx.Err() != nil:
			all[p.name] = fact.Probe{Verdict: fact.Unknown, Cause: fact.ByTime, Detail: timedOut}
		default:
			all[p.name] = judgeBPF(h, p.name, p.run())
		}
	}
	return all
}

// judgeBPF takes the error number out of what cilium/ebpf says: its text blames
// versions and locked memory, where a missing option or a refusal may be the
// cause.
func judgeBPF(h *fact.Host, name string, err error) fact.Probe {
	k, _ := Lookup(name)
	var step *stepError
	what := "bpf"
	if errors.As(err, &step) {
		what = step.step
	}
	var errno syscall.Errno
	switch {
	case err == nil:
		return fact.Probe{Verdict: fact.Yes}
	case errors.Is(err, ebpf.ErrNotSupported):
		return absent(h, k, what+": not supported")
	case errors.Is(err, os.ErrPermission):
		if !errors.As(err, &errno) {
			errno = syscall.EPERM
		}
		return denied(h, k, fmt.Sprintf("%s: %v", what, errno))
	case errors.Is(err, os.ErrNotExist):
		return absent(h, k, what+": "+err.Error())
	}
	if k.Option != "" && h.Config != nil && !h.Config.On(k.Option) {
		return absent(h, k, what+" failed")
	}
	return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByOther, Detail: what + ": " + err.Error()}
}

// A stepError says at which step a BPF probe failed.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// returnZero is a program that does nothing.
func returnZero() asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}
}

// attach loads a program that does nothing, attaches it and takes it away.
func attach(spec *ebpf.ProgramSpec, to func(*ebpf.Program) (link.Link, error)) error {
	spec.Instructions, spec.License = returnZero(), "GPL"
	prog, err := ebpf.NewProgramWithOptions(spec, ebpf.ProgramOptions{LogDisabled: true})
	if err != nil {
		return &stepError{"load", err}
	}
	defer prog.Close()
	l, err := to(prog)
	if err != nil {
		return &stepError{"attach", err}
	}
	return l.Close()
}

func attachKprobe() error {
	return attach(&ebpf.ProgramSpec{Type: ebpf.Kprobe}, func(p *ebpf.Program) (link.Link, error) {
		return link.Kprobe("sys_getpgid", p, nil) // seldom called
	})
}

func attachFentry() error {
	return attach(&ebpf.ProgramSpec{Type: ebpf.Tracing, AttachType: ebpf.AttachTraceFEntry, AttachTo: "bpf_fentry_test1"},
		func(p *ebpf.Program) (link.Link, error) { return link.AttachTracing(link.TracingOptions{Program: p}) })
}

func attachLSM() error {
	return attach(&ebpf.ProgramSpec{Type: ebpf.LSM, AttachType: ebpf.AttachLSMMac, AttachTo: "task_getpgid"},
		func(p *ebpf.Program) (link.Link, error) { return link.AttachLSM(link.LSMOptions{Program: p}) })
}

// btfProbe looks at the head of the kernel's BTF; parsing it would take longer
// than all other probes.
func btfProbe(h *fact.Host) fact.Probe {
	const file = "/sys/kernel/btf/vmlinux"
	k, _ := Lookup("btf")
	f, err := os.Open(file)
	if err != nil {
		var errno syscall.Errno
		if errors.As(err, &errno) && errno == syscall.ENOENT {
			if _, err := os.Stat("/sys/kernel"); err != nil {
				return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByProc, Detail: "there is no /sys"}
			}
			return absent(h, k, "open "+file+": "+errno.Error())
		}
		return judge(h, k, errno, "open "+file)
	}
	defer f.Close()
	var magic [2]byte
	if _, err := f.Read(magic[:]); err != nil || magic != [2]byte{0x9f, 0xeb} && magic != [2]byte{0xeb, 0x9f} {
		return fact.Probe{Verdict: fact.Unknown, Cause: fact.ByOther, Detail: file + " is no BTF"}
	}
	return fact.Probe{Verdict: fact.Yes}
}
