//go:build amd64 || arm64

package trace

import (
	"fmt"
	"runtime"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"

	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

// layout are the offsets into struct pt_regs of what a system call leaves
// there when it returns: its number and its first three arguments.
type layout struct{ number, arg0, arg1, arg2 int32 }

func registers() (layout, bool) {
	switch runtime.GOARCH {
	case "amd64": // orig_ax, di, si, dx
		return layout{120, 112, 104, 96}, true
	case "arm64": // syscallno, orig_x0, x1, x2
		return layout{280, 272, 8, 16}, true
	}
	return layout{}, false
}

// Offsets from the frame pointer of what a program keeps on its stack. From
// recordAt on it is the record sent through the ring buffer, see [record].
const (
	keyAt     = -8
	recordAt  = -128
	recordLen = 112
	pidAt     = recordAt + 8
	arg0At    = recordAt + 16
	arg1At    = recordAt + 24
	arg2At    = recordAt + 32
	retAt     = recordAt + 40
	pathAt    = recordAt + 48
	pathLen   = 64
)

// Slots of the array of counters.
const (
	slotLost = iota
	slotFaults
	slotWrites
	slotProtected
	slots
)

// maps are shared between the programs.
type maps struct {
	processes *ebpf.Map // process ID -> 1
	wanted    *ebpf.Map // system call -> 1
	counters  *ebpf.Map
	ring      *ebpf.Map
}

// current puts the process ID of the current process on the stack and, if
// it is one of the command's, goes on; else it jumps to out.
func (m *maps) current() asm.Instructions {
	return asm.Instructions{
		asm.FnGetCurrentPidTgid.Call(),
		asm.RSh.Imm(asm.R0, 32),
		asm.StoreMem(asm.RFP, keyAt, asm.R0, asm.Word),
	}
}

func (m *maps) mustBeOurs() asm.Instructions {
	return asm.Instructions{
		asm.LoadMapPtr(asm.R1, m.processes.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, keyAt),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
	}
}

// adopt adds the process whose ID is on the stack to the command's.
func (m *maps) adopt() asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, recordAt, 1, asm.Word),
		asm.LoadMapPtr(asm.R1, m.processes.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, keyAt),
		asm.Mov.Reg(asm.R3, asm.RFP), asm.Add.Imm(asm.R3, recordAt),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnMapUpdateElem.Call(),
	}
}

// count adds one to a counter; the jump label must be its own.
func (m *maps) count(slot int32, label string) asm.Instructions {
	return asm.Instructions{
		asm.StoreImm(asm.RFP, keyAt, int64(slot), asm.Word),
		asm.LoadMapPtr(asm.R1, m.counters.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, keyAt),
		asm.FnMapLookupElem.Call(),
		asm.JEq.Imm(asm.R0, 0, label),
		asm.Mov.Imm(asm.R1, 1),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
		asm.Mov.Imm(asm.R0, 0).WithSymbol(label),
	}
}

func out() asm.Instructions {
	return asm.Instructions{asm.Mov.Imm(asm.R0, 0).WithSymbol("out"), asm.Return()}
}

// readRegister copies a register of the traced process to the stack; R7 is its
// struct pt_regs.
func readRegister(at int16, offset int32) asm.Instructions {
	return asm.Instructions{
		asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, int32(at)),
		asm.Mov.Imm(asm.R2, 8),
		asm.Mov.Reg(asm.R3, asm.R7), asm.Add.Imm(asm.R3, offset),
		asm.FnProbeReadKernel.Call(),
	}
}

func join(parts ...asm.Instructions) asm.Instructions {
	var all asm.Instructions
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// onSyscall runs when a system call returns. The command makes itself known by
// a prctl that nobody else makes: process IDs would not do, since those that
// gust sees may be of another PID namespace.
func (m *maps) onSyscall(token uint32, numPrctl, numOpenat int32) (*ebpf.ProgramSpec, error) {
	regs, ok := registers()
	if !ok {
		return nil, fmt.Errorf("%w: registers of %s are not known", ErrUnsupported, runtime.GOARCH)
	}
	code := join(
		asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			asm.LoadMem(asm.R7, asm.R6, 0, asm.DWord),
			asm.LoadMem(asm.R8, asm.R6, 8, asm.DWord),
		},
		m.current(),
		readRegister(recordAt, regs.number),
		readRegister(arg0At, regs.arg0), readRegister(arg1At, regs.arg1),
		asm.Instructions{ // is it the prctl?
			asm.LoadMem(asm.R1, asm.RFP, recordAt, asm.DWord),
			asm.JNE.Imm(asm.R1, numPrctl, "known"),
			asm.LoadMem(asm.R1, asm.RFP, arg0At, asm.DWord),
			asm.JNE.Imm(asm.R1, raw.TraceMagic, "known"),
			asm.LoadMem(asm.R1, asm.RFP, arg1At, asm.DWord),
			asm.LoadImm(asm.R2, int64(token), asm.DWord),
			asm.JNE.Reg(asm.R1, asm.R2, "known"),
		},
		m.adopt(),
		asm.Instructions{asm.Ja.Label("out"), asm.Mov.Imm(asm.R0, 0).WithSymbol("known")},
		m.mustBeOurs(),
		asm.Instructions{ // is the call of interest?
			asm.LoadMem(asm.R1, asm.RFP, recordAt, asm.DWord),
			asm.StoreMem(asm.RFP, keyAt, asm.R1, asm.Word),
			asm.LoadMapPtr(asm.R1, m.wanted.FD()),
			asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, keyAt),
			asm.FnMapLookupElem.Call(),
			asm.JEq.Imm(asm.R0, 0, "out"),
		},
		readRegister(arg2At, regs.arg2),
		m.send(numOpenat),
		out(),
	)
	return &ebpf.ProgramSpec{Name: "gust_syscall", Type: ebpf.RawTracepoint, Instructions: code, License: "GPL"}, nil
}

// send fills the rest of the record and sends it.
func (m *maps) send(numOpenat int32) asm.Instructions {
	zero := asm.Instructions{asm.Mov.Imm(asm.R1, 0)}
	for at := int16(pathAt); at < pathAt+pathLen; at += 8 {
		zero = append(zero, asm.StoreMem(asm.RFP, at, asm.R1, asm.DWord))
	}
	return join(zero, asm.Instructions{
		asm.StoreMem(asm.RFP, retAt, asm.R8, asm.DWord),
		asm.StoreMem(asm.RFP, pidAt, asm.R1, asm.DWord),
		asm.LoadMem(asm.R1, asm.RFP, recordAt, asm.DWord),
		asm.JNE.Imm(asm.R1, numOpenat, "send"),
		asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, pathAt),
		asm.Mov.Imm(asm.R2, pathLen),
		asm.LoadMem(asm.R3, asm.RFP, arg1At, asm.DWord),
		asm.FnProbeReadUserStr.Call(),
		asm.LoadMapPtr(asm.R1, m.ring.FD()).WithSymbol("send"),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, recordAt),
		asm.Mov.Imm(asm.R3, recordLen),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnRingbufOutput.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
	}, m.count(slotLost, "counted"))
}

// onFork adds the children of the command's processes.
func (m *maps) onFork() (*ebpf.ProgramSpec, error) {
	offset, err := tgidOffset()
	if err != nil {
		return nil, err
	}
	code := join(
		asm.Instructions{asm.Mov.Reg(asm.R6, asm.R1)},
		m.current(), m.mustBeOurs(),
		asm.Instructions{
			asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, keyAt),
			asm.Mov.Imm(asm.R2, 4),
			asm.LoadMem(asm.R3, asm.R6, 8, asm.DWord),
			asm.Add.Imm(asm.R3, offset),
			asm.FnProbeReadKernel.Call(),
		},
		m.adopt(), out(),
	)
	return &ebpf.ProgramSpec{Name: "gust_fork", Type: ebpf.RawTracepoint, Instructions: code, License: "GPL"}, nil
}

// tgidOffset finds the process ID in struct task_struct.
func tgidOffset() (int32, error) {
	spec, err := btf.LoadKernelSpec()
	if err != nil {
		return 0, fmt.Errorf("%w: the kernel's BTF: %w", ErrUnsupported, err)
	}
	var task *btf.Struct
	if err := spec.TypeByName("task_struct", &task); err != nil {
		return 0, fmt.Errorf("%w: struct task_struct: %w", ErrUnsupported, err)
	}
	for _, m := range task.Members {
		if m.Name == "tgid" {
			return int32(m.Offset.Bytes()), nil
		}
	}
	return 0, fmt.Errorf("%w: struct task_struct has no tgid", ErrUnsupported)
}

// onFault counts page faults of user mode by the bits of x86's error code:
// 1 the page was there, 2 a write.
func (m *maps) onFault() *ebpf.ProgramSpec {
	code := join(
		asm.Instructions{
			asm.Mov.Reg(asm.R6, asm.R1),
			asm.LoadMem(asm.R7, asm.R6, 16, asm.DWord),
		},
		m.current(), m.mustBeOurs(),
		m.count(slotFaults, "write"),
		asm.Instructions{asm.Mov.Reg(asm.R1, asm.R7), asm.And.Imm(asm.R1, 2), asm.JEq.Imm(asm.R1, 0, "out")},
		m.count(slotWrites, "protected"),
		asm.Instructions{asm.Mov.Reg(asm.R1, asm.R7), asm.And.Imm(asm.R1, 1), asm.JEq.Imm(asm.R1, 0, "out")},
		m.count(slotProtected, "done"), out(),
	)
	return &ebpf.ProgramSpec{Name: "gust_fault", Type: ebpf.RawTracepoint, Instructions: code, License: "GPL"}
}
