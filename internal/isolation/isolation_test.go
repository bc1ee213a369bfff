package isolation

import (
	"strings"
	"testing"
)

func TestNamespaces(t *testing.T) {
	for _, test := range []struct {
		name, value, missing string
	}{
		{"user.max_user_namespaces", "0", "user.max_user_namespaces is 0"},
		{"user.max_net_namespaces", "0", "user.max_net_namespaces is 0"},
		{"user.max_user_namespaces", "100", ""},
		{"kernel.unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"},
		{"kernel.apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns is 1"},
		{"kernel.apparmor_restrict_unprivileged_userns", "0", ""},
	} {
		for _, filtered := range []bool{false, true} {
			h := Host{Filtered: filtered, Sysctl: func(name string) string {
				if name == test.name {
					return test.value
				}
				return ""
			}}
			want := test.missing
			if want == "" && filtered {
				want = "a seccomp filter is on, as in containers"
			}
			if got := Namespaces(h); got.Missing != want || (got.Action == "") != (want == "") {
				t.Errorf("%s=%s, filter %v: %+v, want %q", test.name, test.value, filtered, got, want)
			}
		}
	}
	if This().Sysctl("no.such.thing") != "" || !strings.Contains(Landlock().Action, "landlock") {
		t.Error("nonsense")
	}
}
