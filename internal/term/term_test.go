package term

import "testing"

func TestColor(t *testing.T) {
	for _, tt := range []struct {
		name string
		mode ColorMode
		env  []string
		tty  bool
		want bool
	}{
		{"terminal", ColorAuto, nil, true, true},
		{"pipe", ColorAuto, nil, false, false},
		{"flag beats NO_COLOR", ColorAlways, []string{"NO_COLOR=1"}, false, true},
		{"never", ColorNever, []string{"CLICOLOR_FORCE=1"}, true, false},
		{"NO_COLOR", ColorAuto, []string{"NO_COLOR=1"}, true, false},
		{"empty NO_COLOR", ColorAuto, []string{"NO_COLOR="}, true, true},
		{"NO_COLOR beats force", ColorAuto, []string{"NO_COLOR=1", "CLICOLOR_FORCE=1"}, true, false},
		{"force on a pipe", ColorAuto, []string{"CLICOLOR_FORCE=1"}, false, true},
		{"force 0 is off", ColorAuto, []string{"CLICOLOR_FORCE=0"}, false, false},
		{"dumb", ColorAuto, []string{"TERM=dumb"}, true, false},
		{"force on a dumb terminal", ColorAuto, []string{"TERM=dumb", "CLICOLOR_FORCE=1"}, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			term := &Term{Environ: tt.env}
			if got := term.Color(tt.mode, tt.tty); got != tt.want {
				t.Errorf("Color = %t, want %t", got, tt.want)
			}
		})
	}
}

func TestGetenvTakesTheLastValue(t *testing.T) {
	term := &Term{Environ: []string{"A=1", "AB=2", "A=3=4"}}
	if got := term.Getenv("A"); got != "3=4" {
		t.Errorf("Getenv(A) = %q, want 3=4", got)
	}
	if got := term.Getenv("B"); got != "" {
		t.Errorf("Getenv(B) = %q, want nothing", got)
	}
}

func TestRepaints(t *testing.T) {
	for _, tt := range []struct {
		term Term
		want bool
	}{
		{Term{}, false},
		{Term{OutTTY: true}, false},
		{Term{ErrTTY: true}, true},
		{Term{ErrTTY: true, Environ: []string{"TERM=dumb"}}, false},
	} {
		if got := tt.term.Repaints(); got != tt.want {
			t.Errorf("Repaints with ErrTTY=%t, %q = %t", tt.term.ErrTTY, tt.term.Environ, got)
		}
	}
}

func TestParseColor(t *testing.T) {
	if mode, err := ParseColor("never"); err != nil || mode != ColorNever {
		t.Errorf("ParseColor(never) = %q, %v", mode, err)
	}
	if _, err := ParseColor("blue"); err == nil {
		t.Error("ParseColor(blue) gave no error")
	}
}
