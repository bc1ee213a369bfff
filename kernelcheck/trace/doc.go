// Package trace watches what a command uses of the kernel: the system calls
// that rules are about, and page faults, with their time.
//
// BPF programs, assembled here from instructions so that no C compiler is
// needed, hang on the raw tracepoints sys_exit, sched_process_fork and
// page_fault_user. They act for the command's processes only: the command
// begins as gust, makes itself known by a prctl that nobody else makes, and
// turns into the command; its children are added as they are made. System calls
// of interest go through a ring buffer; faults, of which there are many, are
// counted in the kernel. If the ring buffer is full events are lost, and
// counted.
package trace
