//go:build !linux

package probe

import (
	"context"
	"testing"

	"github.com/gust-go/gust/kernelcheck/fact"
)

const helperCommand = "kernelhelper"

func helper([]string) int { return 2 }

func asInit() {}

func TestNotLinux(t *testing.T) {
	h := &fact.Host{OS: "darwin"}
	Run(context.Background(), h, Options{})
	for _, k := range Table() {
		if h.Probes[k.Name].Verdict != fact.Unknown {
			t.Errorf("%s: %+v", k.Name, h.Probes[k.Name])
		}
	}
}
