package probe

import (
	"os"
	"testing"

	"github.com/gust-go/gust/kernelcheck/probe/raw"
)

// TestMain makes the test binary answer as gust does when it is started for a
// probe, and as the helpers of the tests in linux_test.go.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == raw.Command {
		os.Exit(raw.Main(os.Args[2:], os.Stdout))
	}
	if len(os.Args) > 1 && os.Args[1] == helperCommand {
		os.Exit(helper(os.Args[2:]))
	}
	if os.Getpid() == 1 && os.Args[0] == "/init" {
		asInit()
	}
	os.Exit(m.Run())
}
