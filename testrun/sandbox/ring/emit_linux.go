//go:build amd64 || arm64

package ring

import (
	"fmt"

	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"

	"github.com/gust-go/gust/testrun/sandbox/box"
)

// emit tells of the call: R7 is where the name is, R0 its length.
func (p *program) emit() {
	p.add(
		asm.Mov.Reg(asm.R9, asm.R0),
		asm.JGT.Imm(asm.R9, box.RingPath, "lost"),
		asm.StoreMem(asm.R7, box.RingLen, asm.R9, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, nrAt, asm.DWord), asm.StoreMem(asm.R7, box.RingPID, asm.R1, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, flagsAt, asm.DWord), asm.StoreMem(asm.R7, box.RingFlags, asm.R1, asm.Word),
		asm.StoreImm(asm.R7, box.RingGone, 0, asm.Word),
		asm.LoadMem(asm.R1, asm.R7, box.RingHeader, asm.Byte),
		asm.JEq.Imm(asm.R1, 0, "out"),
		asm.JEq.Imm(asm.R1, '/', "send"),
	)
	p.start()
	p.climb()
	p.label("send")
	p.send()
	p.label("lost")
	p.lose(1)
	p.add(asm.Ja.Label("out"))
}

// start finds the directory that a name is relative to: R8 is its dentry, and its
// mount is on the stack.
func (p *program) start() {
	p.add(
		asm.LoadMem(asm.R8, asm.RFP, taskAt, asm.DWord),
		asm.LoadMem(asm.R1, asm.RFP, dirfdAt, asm.Word),
		asm.LSh.Imm(asm.R1, 32), asm.ArSh.Imm(asm.R1, 32),
		asm.JEq.Imm(asm.R1, unix.AT_FDCWD, "cwd"),
		asm.JSLT.Imm(asm.R1, 0, "out"),
	)
	p.follow(asm.R8, asm.R8, p.files)
	p.follow(asm.R8, asm.R8, p.fdt)
	p.add(asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, tmpAt, asm.R1, asm.DWord))
	p.fetch(tmpAt, asm.R8, p.maxFDs, 4)
	p.add(
		asm.LoadMem(asm.R2, asm.RFP, tmpAt, asm.Word),
		asm.LoadMem(asm.R1, asm.RFP, dirfdAt, asm.Word),
		asm.JGE.Reg(asm.R1, asm.R2, "out"),
	)
	p.follow(asm.R8, asm.R8, p.fd)
	p.add(asm.LoadMem(asm.R1, asm.RFP, dirfdAt, asm.Word), asm.LSh.Imm(asm.R1, 3), asm.Add.Reg(asm.R8, asm.R1))
	p.follow(asm.R8, asm.R8, 0)
	p.add(asm.JEq.Imm(asm.R8, 0, "out"), asm.Add.Imm(asm.R8, p.fpath), asm.Ja.Label("path"))
	p.label("cwd")
	p.follow(asm.R8, asm.R8, p.fs)
	p.add(asm.JEq.Imm(asm.R8, 0, "out"), asm.Add.Imm(asm.R8, p.pwd))
	p.label("path")
	p.fetch(mntAt, asm.R8, p.pathMnt, 8)
	p.follow(asm.R8, asm.R8, p.pathDentry)
	p.add( // is it in no directory any more?
		asm.Mov.Imm(asm.R1, 0), asm.StoreMem(asm.RFP, tmpAt, asm.R1, asm.DWord),
	)
	p.fetch(tmpAt, asm.R8, p.dHash, 8)
	p.add(
		asm.LoadMem(asm.R1, asm.RFP, tmpAt, asm.DWord),
		asm.JNE.Imm(asm.R1, 0, "climb"),
	)
	p.fetch(tmpAt, asm.R8, p.dParent, 8)
	p.add(
		asm.LoadMem(asm.R1, asm.RFP, tmpAt, asm.DWord),
		asm.JEq.Reg(asm.R1, asm.R8, "climb"), // a root never was
		asm.StoreImm(asm.R7, box.RingGone, 1, asm.Word),
	)
	p.label("climb")
}

// climb adds the names of the directories up to the root; R9 is the length of all
// text so far.
func (p *program) climb() {
	for i := range maxSteps {
		named, next := fmt.Sprintf("named%d", i), fmt.Sprintf("next%d", i)
		p.add(asm.LoadMem(asm.R1, asm.RFP, mntAt, asm.DWord))
		p.fetch(tmpAt, asm.R1, p.mntRoot, 8)
		p.add(
			asm.LoadMem(asm.R1, asm.RFP, tmpAt, asm.DWord),
			asm.JEq.Imm(asm.R1, 0, "lost"),
			asm.JNE.Reg(asm.R1, asm.R8, named),
			// The root of a mount: on to where that is.
			asm.LoadMem(asm.R1, asm.RFP, mntAt, asm.DWord),
			asm.Sub.Imm(asm.R1, p.mnt),
			asm.StoreMem(asm.RFP, mntAt, asm.R1, asm.DWord),
		)
		p.fetch(tmpAt, asm.R1, p.mntParent, 8)
		p.add(
			asm.LoadMem(asm.R1, asm.RFP, mntAt, asm.DWord),
			asm.LoadMem(asm.R2, asm.RFP, tmpAt, asm.DWord),
			asm.JEq.Reg(asm.R1, asm.R2, "send"), // that of all
			asm.Add.Imm(asm.R2, p.mnt),
			asm.StoreMem(asm.RFP, mntAt, asm.R2, asm.DWord),
		)
		p.follow(asm.R8, asm.R1, p.mountpoint)
		p.add(asm.Ja.Label(next))
		p.label(named)
		p.fetch(tmpAt, asm.R8, p.dName+p.name, 8)
		p.add(
			asm.JGT.Imm(asm.R9, box.RingText-nameMax, "lost"),
			asm.Mov.Reg(asm.R1, asm.R7), asm.Add.Imm(asm.R1, box.RingHeader), asm.Add.Reg(asm.R1, asm.R9),
			asm.Mov.Imm(asm.R2, nameMax),
			asm.LoadMem(asm.R3, asm.RFP, tmpAt, asm.DWord),
			asm.FnProbeReadKernelStr.Call(),
			asm.JSLT.Imm(asm.R0, 1, "lost"),
			asm.JGT.Imm(asm.R0, nameMax, "lost"),
			asm.Add.Reg(asm.R9, asm.R0),
		)
		p.follow(asm.R8, asm.R8, p.dParent)
		p.label(next)
	}
	p.add(asm.Ja.Label("lost")) // too deep
}

// send sends the record. Who reads is woken only if there is much to read: all is
// read before it matters, see box.
func (p *program) send() {
	p.find(p.rings, ringAt)
	p.add(
		asm.JEq.Imm(asm.R0, 0, "lost"),
		asm.Mov.Reg(asm.R8, asm.R0),
		asm.Mov.Reg(asm.R1, asm.R8), asm.Mov.Imm(asm.R2, unix.BPF_RB_AVAIL_DATA),
		asm.FnRingbufQuery.Call(),
		asm.Mov.Imm(asm.R4, unix.BPF_RB_NO_WAKEUP),
		asm.JLT.Imm(asm.R0, box.RingSize/4, "quiet"),
		asm.Mov.Imm(asm.R4, unix.BPF_RB_FORCE_WAKEUP),
	)
	p.label("quiet")
	p.add(
		asm.Mov.Reg(asm.R1, asm.R8),
		asm.Mov.Reg(asm.R2, asm.R7),
		asm.JGT.Imm(asm.R9, box.RingText, "lost"),
		asm.Mov.Reg(asm.R3, asm.R9), asm.Add.Imm(asm.R3, box.RingHeader),
		asm.FnRingbufOutput.Call(),
		asm.JEq.Imm(asm.R0, 0, "out"),
	)
}
