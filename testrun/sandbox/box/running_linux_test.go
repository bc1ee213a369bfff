package box

import "testing"

// TestRunning: a test is named if it is the only one that runs, but for its
// parents.
func TestRunning(t *testing.T) {
	var r running
	for _, step := range []struct{ line, want string }{
		{"hello\n", ""},
		{"\x16=== RUN   TestA\n", "TestA"},
		{"\x16=== RUN   TestA/sub (x)\n", "TestA/sub (x)"},
		{"    \x16--- PASS: TestA/sub (x) (0.00s)\n", "TestA"},
		{"\x16=== NAME  TestA\n", "TestA"},
		{"\x16--- FAIL: TestA (0.01s)\n", ""},
		{"=== RUN   TestB\n", "TestB"},
		{"=== PAUSE TestB\n", ""},
		{"=== RUN   TestC\n", "TestC"},
		{"=== CONT  TestB\n", ""}, // both run
		{"--- SKIP: TestC (0.00s)\n", "TestB"},
		{"=== RUN\n", "TestB"},
		{"--- \n", "TestB"},
	} {
		r.line(step.line)
		if got := r.only(); got != step.want {
			t.Errorf("after %q: %q, want %q", step.line, got, step.want)
		}
	}
}
