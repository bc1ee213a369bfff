package cmd

import (
	"testing"

	"github.com/spf13/cobra"
)

func TestUsageArgs(t *testing.T) {
	for _, tt := range []struct {
		check cobra.PositionalArgs
		args  []string
		want  string
	}{
		{cobra.ExactArgs(1), nil, "accepts 1 argument, got none"},
		{cobra.ExactArgs(1), []string{"a", "b"}, "accepts 1 argument, got 2"},
		{cobra.RangeArgs(1, 2), nil, "accepts between 1 and 2 arguments, got none"},
		{cobra.MinimumNArgs(1), nil, "requires at least 1 argument, got none"},
		{cobra.MaximumNArgs(1), []string{"a", "b"}, "accepts at most 1 argument, got 2"},
		{cobra.ExactArgs(1), []string{"a"}, ""},
	} {
		got := ""
		if err := usageArgs(tt.check)(&cobra.Command{Use: "x"}, tt.args); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%d arguments: %q, want %q", len(tt.args), got, tt.want)
		}
	}
}
