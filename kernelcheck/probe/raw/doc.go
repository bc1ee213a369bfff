// Package raw runs single experiments on the kernel with plain system calls.
//
// It is the body of a short-lived process: gust starts itself as
// `gust kernelprobe NAME…`, which package fastpath answers by [Main], and
// reads one line of JSON for each name. A process of its own has three
// reasons. Clearing soft-dirty bits is process-wide and must hit nobody else;
// a seccomp filter may kill whoever makes a system call it does not like; and
// an experiment that hangs can be ended. Since the fast path may use the
// standard library only, so does this package.
//
// An experiment changes nothing outside its process, loads no module, and
// gives back what it opened when the process ends.
package raw
