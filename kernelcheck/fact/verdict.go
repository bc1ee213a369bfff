package fact

// A Verdict answers one question about a host.
type Verdict string

// The verdicts. Not permitted is never reported as not supported.
const (
	Yes Verdict = "yes"
	No  Verdict = "no"
	// Denied: the host refuses to let this user find out, or use it.
	Denied Verdict = "denied"
	// Unknown: it could not be told; the cause says why.
	Unknown Verdict = "could not tell"
)

// A Cause classes what stands behind a verdict other than yes.
type Cause string

// The causes.
const (
	ByConfig     Cause = "kernel config"
	BySysctl     Cause = "sysctl"
	ByLSM        Cause = "LSM or lockdown"
	ByCapability Cause = "missing capability"
	BySeccomp    Cause = "seccomp filter"
	ByVersion    Cause = "kernel version"
	ByQEMU       Cause = "qemu-user"
	ByHardware   Cause = "hardware"
	ByDevice     Cause = "device file"
	ByProc       Cause = "no usable /proc"
	ByTime       Cause = "time ran out"
	ByOther      Cause = "other"
)

// A Probe is the outcome of one experiment on the running kernel.
type Probe struct {
	Verdict Verdict `json:"verdict"`
	// Cause classes the reason for a verdict other than yes; it is empty where
	// that is not known.
	Cause Cause `json:"cause,omitempty"`
	// Detail is the evidence in words, such as the error number.
	Detail string `json:"detail,omitempty"`
}
