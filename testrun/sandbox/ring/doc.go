// Package ring tells sandboxes which files their tests open without having the tests
// wait: programs in the kernel (eBPF) write it to a ring buffer of each sandbox. That
// takes rights on the machine (CAP_BPF and CAP_PERFMON), so the gust that a user starts
// loads them once per run; the sandboxes ask it for a buffer over a socket, see
// package box. Without the rights they listen to the tests themselves.
package ring
