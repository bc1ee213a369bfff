// Package probe finds out by experiment what the running kernel can do.
//
// Plain system calls are tried by package raw in a process of their own; BPF
// goes through cilium/ebpf in this one. What comes back is yes, no, denied or
// could not tell, with what stands behind it: "not permitted" is never turned
// into "not supported", and no version number decides, since distributions
// backport and remove. Versions and options only explain an answer.
package probe
