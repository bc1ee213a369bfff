//go:build amd64 || arm64

package ring

import (
	"fmt"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// Offsets from the frame pointer of what a program keeps on its stack. What is from
// callAt on is what is remembered of a call whose name could not be read yet.
const (
	keyAt   = -8
	tmpAt   = -16
	callAt  = -64
	pathAt  = callAt
	dirfdAt = callAt + 8
	flagsAt = callAt + 16
	nrAt    = callAt + 24
	inumAt  = callAt + 32
	ringAt  = callAt + 40
	callLen = 48

	mntAt    = -72
	taskAt   = -80
	argsAt   = -104
	upidAt   = -120
	threadAt = -128
)

const (
	// maxLevels is how deep a test may nest PID namespaces, maxSteps how many names
	// and mount points may lead to the directory of a name.
	maxLevels = 8
	maxSteps  = 40

	nameMax    = 256
	scratchLen = box.RingHeader + box.RingText + nameMax
)

// maps are shared between the programs.
type maps struct {
	boxes   *ebpf.Map // PID namespace -> boxValue
	rings   *ebpf.Map // number -> ring buffer
	pending *ebpf.Map // thread -> call
	waiting *ebpf.Map // how many are in there
	scratch *ebpf.Map
}

// boxValue is what the programs know of a sandbox.
type boxValue struct {
	// Reads is 1 if files opened to read count, Lost how many calls could not be
	// told of.
	Reads, Lost uint64
	// Ring is the number of its ring buffer.
	Ring uint64
}

// A program is written instruction by instruction.
type program struct {
	maps
	layout
	code asm.Instructions
	// mark is the label of the next instruction.
	mark string
}

func (p *program) add(list ...asm.Instruction) {
	for _, i := range list {
		if p.mark != "" {
			i, p.mark = i.WithSymbol(p.mark), ""
		}
		p.code = append(p.code, i)
	}
}

// label names what comes next.
func (p *program) label(name string) {
	p.mark = name
}

// fetch copies kernel memory to the stack; what cannot be read is zero.
func (p *program) fetch(to int32, from asm.Register, offset, size int32) {
	p.add(
		asm.Mov.Reg(asm.R3, from), asm.Add.Imm(asm.R3, offset),
		asm.Mov.Reg(asm.R1, asm.RFP), asm.Add.Imm(asm.R1, to),
		asm.Mov.Imm(asm.R2, size),
		asm.FnProbeReadKernel.Call(),
	)
}

// follow replaces a pointer by one that is at an offset of what it points to.
func (p *program) follow(reg, from asm.Register, offset int32) {
	p.fetch(tmpAt, from, offset, 8)
	p.add(asm.LoadMem(reg, asm.RFP, tmpAt, asm.DWord))
}

// find looks up what is on the stack; R0 is where the value is.
func (p *program) find(m *ebpf.Map, key int32) {
	p.add(
		asm.LoadMapPtr(asm.R1, m.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, key),
		asm.FnMapLookupElem.Call(),
	)
}

// onEnter runs as a system call begins.
func (p *program) onEnter() *ebpf.ProgramSpec {
	p.add(
		asm.Mov.Reg(asm.R6, asm.R1),
		asm.LoadMem(asm.R8, asm.R6, 8, asm.DWord),
		asm.JEq.Imm(asm.R8, unix.SYS_OPENAT, "ours"),
	)
	if sysOpen >= 0 {
		p.add(asm.JEq.Imm(asm.R8, sysOpen, "ours"))
	}
	p.add(asm.Ja.Label("out"))
	p.label("ours")
	p.add(asm.LoadMem(asm.R7, asm.R6, 0, asm.DWord))
	p.fetch(argsAt, asm.R7, argsOffset, 24)
	p.arguments()
	p.whose()
	p.add(
		asm.LoadMem(asm.R1, asm.R0, 16, asm.DWord), asm.StoreMem(asm.RFP, ringAt, asm.R1, asm.DWord),
		// Is it of interest?
		asm.LoadMem(asm.R1, asm.RFP, flagsAt, asm.DWord),
		asm.And.Imm(asm.R1, box.Writing),
		asm.JNE.Imm(asm.R1, 0, "wanted"),
		asm.LoadMem(asm.R1, asm.R0, 0, asm.DWord),
		asm.JEq.Imm(asm.R1, 0, "out"),
	)
	p.label("wanted")
	p.readName("fault")
	p.emit()
	p.label("fault")
	p.lose(1)
	p.add(
		asm.LoadMapPtr(asm.R1, p.pending.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, threadAt),
		asm.Mov.Reg(asm.R3, asm.RFP), asm.Add.Imm(asm.R3, callAt),
		asm.Mov.Imm(asm.R4, 0),
		asm.FnMapUpdateElem.Call(),
		asm.JNE.Imm(asm.R0, 0, "out"),
		asm.LoadMapValue(asm.R1, p.waiting.FD(), 0),
		asm.Mov.Imm(asm.R2, 1),
		asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
	)
	return p.spec("gust_enter")
}

// onExit runs as a system call ends: what it has read is in memory now.
func (p *program) onExit() *ebpf.ProgramSpec {
	p.add(
		asm.LoadMapValue(asm.R1, p.waiting.FD(), 0),
		asm.LoadMem(asm.R1, asm.R1, 0, asm.DWord),
		asm.JEq.Imm(asm.R1, 0, "out"),
	)
	p.thread()
	p.find(p.pending, threadAt)
	p.add(asm.JEq.Imm(asm.R0, 0, "out"))
	for at := int16(0); at < callLen; at += 8 {
		p.add(asm.LoadMem(asm.R1, asm.R0, at, asm.DWord), asm.StoreMem(asm.RFP, callAt+at, asm.R1, asm.DWord))
	}
	p.add(
		asm.LoadMapPtr(asm.R1, p.pending.FD()),
		asm.Mov.Reg(asm.R2, asm.RFP), asm.Add.Imm(asm.R2, threadAt),
		asm.FnMapDeleteElem.Call(),
		asm.LoadMapValue(asm.R1, p.waiting.FD(), 0),
		asm.Mov.Imm(asm.R2, -1),
		asm.StoreXAdd(asm.R1, asm.R2, asm.DWord),
		asm.FnGetCurrentTask.Call(),
		asm.StoreMem(asm.RFP, taskAt, asm.R0, asm.DWord),
	)
	p.readName("out")
	p.add(asm.Mov.Reg(asm.R9, asm.R0))
	p.lose(-1) // it is found again
	p.add(asm.Mov.Reg(asm.R0, asm.R9))
	p.emit()
	return p.spec("gust_exit")
}

func (p *program) spec(name string) *ebpf.ProgramSpec {
	p.label("out")
	p.add(asm.Mov.Imm(asm.R0, 0), asm.Return())
	return &ebpf.ProgramSpec{Name: name, Type: ebpf.RawTracepoint, Instructions: p.code, License: "GPL"}
}

// thread puts the thread on the stack.
func (p *program) thread() {
	p.add(asm.FnGetCurrentPidTgid.Call(), asm.StoreMem(asm.RFP, threadAt, asm.R0, asm.DWord))
}

// arguments puts them on the stack; R8 is the number of the call.
func (p *program) arguments() {
	move := func(to, from int16) {
		p.add(asm.LoadMem(asm.R1, asm.RFP, from, asm.DWord), asm.StoreMem(asm.RFP, to, asm.R1, asm.DWord))
	}
	if sysOpen >= 0 {
		p.add(asm.JEq.Imm(asm.R8, unix.SYS_OPENAT, "openat"))
		move(pathAt, arg0)
		p.add(asm.Mov.Imm(asm.R1, unix.AT_FDCWD), asm.StoreMem(asm.RFP, dirfdAt, asm.R1, asm.DWord))
		move(flagsAt, arg1)
		p.add(asm.Ja.Label("arguments"))
		p.label("openat")
	}
	move(pathAt, arg1)
	move(dirfdAt, arg0)
	move(flagsAt, arg2)
	p.label("arguments")
}

// whose finds the sandbox in which this process is, or in one of whose namespaces:
// R0 is its value.
func (p *program) whose() {
	p.add(asm.FnGetCurrentTask.Call(), asm.StoreMem(asm.RFP, taskAt, asm.R0, asm.DWord), asm.Mov.Reg(asm.R7, asm.R0))
	p.add(asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, tmpAt, asm.R1, asm.DWord))
	p.fetch(tmpAt, asm.R7, p.info, 4)
	p.add(asm.LoadMem(asm.R1, asm.RFP, tmpAt, asm.Word), asm.And.Imm(asm.R1, foreign), asm.JNE.Imm(asm.R1, 0, "out"))
	p.follow(asm.R7, asm.R7, p.leader)
	p.follow(asm.R7, asm.R7, p.pid)
	p.add(asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, tmpAt, asm.R1, asm.DWord))
	p.fetch(tmpAt, asm.R7, p.level, 4)
	p.add(asm.LoadMem(asm.R9, asm.RFP, tmpAt, asm.Word))
	for i := range maxLevels {
		next := fmt.Sprintf("level%d", i)
		p.add( // on the machine's own level there are no sandboxes
			asm.JEq.Imm(asm.R9, 0, "out"),
			asm.Mov.Reg(asm.R8, asm.R9), asm.Mul.Imm(asm.R8, p.upidSize), asm.Add.Reg(asm.R8, asm.R7),
		)
		p.fetch(upidAt, asm.R8, p.numbers, 16)
		p.add(
			asm.LoadMem(asm.R1, asm.RFP, int16(upidAt+p.upidNr), asm.Word),
			asm.StoreMem(asm.RFP, nrAt, asm.R1, asm.DWord),
			asm.LoadMem(asm.R8, asm.RFP, int16(upidAt+p.upidNS), asm.DWord),
			asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, inumAt, asm.R1, asm.DWord),
		)
		p.fetch(inumAt, asm.R8, p.inum, 4)
		p.find(p.boxes, inumAt)
		p.add(asm.JEq.Imm(asm.R0, 0, next), asm.Ja.Label("found"))
		p.label(next)
		p.add(asm.Sub.Imm(asm.R9, 1))
	}
	p.add(asm.Ja.Label("out"))
	p.label("found")
}

// readName reads the name that was given: R7 is where all is put together, R0 the
// length with the zero byte. A page that is not in memory cannot be waited for.
func (p *program) readName(fault string) {
	p.add(asm.StoreImm(asm.RFP, keyAt, 0, asm.Word))
	p.find(p.scratch, keyAt)
	p.add(asm.JEq.Imm(asm.R0, 0, "out"), asm.Mov.Reg(asm.R7, asm.R0))
	p.thread()
	p.add(
		asm.Mov.Reg(asm.R1, asm.R7), asm.Add.Imm(asm.R1, box.RingHeader),
		asm.Mov.Imm(asm.R2, box.RingPath),
		asm.LoadMem(asm.R3, asm.RFP, pathAt, asm.DWord),
		asm.FnProbeReadUserStr.Call(),
		asm.JSLT.Imm(asm.R0, 0, fault),
	)
}

// lose counts calls of the sandbox that are not told of.
func (p *program) lose(n int32) {
	found := fmt.Sprintf("counted%d", len(p.code))
	p.find(p.boxes, inumAt)
	p.add(
		asm.JEq.Imm(asm.R0, 0, found),
		asm.Mov.Imm(asm.R1, n),
		asm.Add.Imm(asm.R0, 8),
		asm.StoreXAdd(asm.R0, asm.R1, asm.DWord),
	)
	p.label(found)
}
