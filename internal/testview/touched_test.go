package testview

import (
	"strings"
	"testing"

	"github.com/gust-go/gust/internal/event"
)

// TestTouchedIncomplete: a record that is not all says so.
func TestTouchedIncomplete(t *testing.T) {
	for want, e := range map[string]event.TestTouched{
		"  nothing\n":  {},
		"  and more\n": {Full: true},
		"  and perhaps more: of 3 files that were opened, nothing is known\n": {Full: true, Lost: 3},
	} {
		if _, got, _ := strings.Cut(Touched(e, "", ""), "\n"); got != want {
			t.Errorf("%+v: %q, want %q", e, got, want)
		}
	}
}
