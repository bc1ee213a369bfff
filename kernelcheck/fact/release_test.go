package fact

import "testing"

func TestParseRelease(t *testing.T) {
	for text, want := range map[string]Release{
		"5.4":                           {Major: 5, Minor: 4, Inexact: true},
		"5.4.0":                         {Major: 5, Minor: 4},
		"5.15.0-91-generic":             {Major: 5, Minor: 15, Inexact: true},
		"6.1.0-rc3+":                    {Major: 6, Minor: 1, RC: 3},
		"4.18.0-513.el8":                {Major: 4, Minor: 18, Inexact: true},
		"6.18.44-fc-v657":               {Major: 6, Minor: 18, Patch: 44},
		"5.10.43-android12-9-g0123":     {Major: 5, Minor: 10, Patch: 43, Android: 12},
		"6.6.87.2-microsoft-standard":   {Major: 6, Minor: 6, Patch: 87},
		"2.6.32-754.el6.x86_64":         {Major: 2, Minor: 6, Patch: 32},
		"6.12.107+deb12-cloud-amd64":    {Major: 6, Minor: 12, Patch: 107},
		"6.1.0-56-cloud-amd64":          {Major: 6, Minor: 1, Inexact: true},
		"7.2.13":                        {Major: 7, Minor: 2, Patch: 13},
		"5.4.0_custom~1":                {Major: 5, Minor: 4},
		"6.8.0-1015-aws-fips-something": {Major: 6, Minor: 8, Inexact: true},
	} {
		want.Text = text
		if got, err := ParseRelease(text); err != nil || got != want {
			t.Errorf("ParseRelease(%q) = %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "abc", "v5.4", "5.4 ", "5.4\n", "-5.4", "5..4", "99999999999.1", "5.4.x", "5.4.0 generic", "5.4.\u0660"} {
		if got, err := ParseRelease(text); err == nil {
			t.Errorf("ParseRelease(%q) = %+v, want an error", text, got)
		}
	}
}

func TestBefore(t *testing.T) {
	for _, tt := range []struct {
		r, bound string
		want     Verdict
	}{
		{"5.4", "5.4", No}, {"5.3.18", "5.4", Yes}, {"5.4.1", "5.4.2", Yes}, {"5.4.2", "5.4.2", No},
		{"5.4", "5.4.2", Unknown}, {"5.4.0-91-generic", "5.4.2", Unknown}, {"5.4.0-91-generic", "5.5", Yes},
		{"5.4.0-91-generic", "5.3.15", No}, {"6.1.0-rc3+", "6.1", Yes}, {"6.1.0", "6.1.0-rc3", No},
		{"10.0", "9.9", No}, {"2.6.18", "2.6.23", Yes},
	} {
		r, err := ParseRelease(tt.r)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Before(tt.bound); got != tt.want {
			t.Errorf("%s before %s: %s, want %s", tt.r, tt.bound, got, tt.want)
		}
	}
}

func TestWithBuild(t *testing.T) {
	r, err := ParseRelease("6.1.0-56-cloud-amd64")
	if err != nil {
		t.Fatal(err)
	}
	if got := r.WithBuild("#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"); got.Patch != 192 || got.Inexact {
		t.Errorf("WithBuild = %+v", got)
	}
	if got := r.WithBuild("#1 SMP Debian 5.10.1-1"); got != r {
		t.Errorf("another kernel's build changed it to %+v", got)
	}
	if old, err := ParseRelease("2.6.78"); err != nil || !old.UNAME26() {
		t.Error("2.6.78 is a 6.18 under UNAME26")
	}
}

func FuzzParseRelease(f *testing.F) {
	f.Add("5.15.0-91-generic")
	f.Fuzz(func(t *testing.T, s string) {
		if r, err := ParseRelease(s); err == nil && r.Compare(r) != 0 {
			t.Errorf("%q is not itself", s)
		}
	})
}
