package host

import "testing"

func TestEmulated(t *testing.T) {
	const x86, arm = "processor\t: 0\nvendor_id\t: GenuineIntel\n", "processor\t: 0\nCPU implementer\t: 0x41\n"
	for _, tt := range []struct{ arch, info, want string }{
		{"amd64", x86, "none"}, {"386", x86, "none"}, {"arm64", arm, "none"}, {"arm", arm, "none"},
		{"arm64", x86, "unknown"}, {"amd64", arm, "unknown"}, {"amd64", "", ""}, {"riscv64", x86, ""},
	} {
		if got := emulated(tt.arch, tt.info); got != tt.want {
			t.Errorf("%s with %q: %q, want %q", tt.arch, tt.info, got, tt.want)
		}
	}
}
