package hangs

import (
	"testing"
	"time"
)

func TestHang(t *testing.T) {
	t.Parallel()
	time.Sleep(time.Hour)
}

func TestPassesMeanwhile(t *testing.T) {
	t.Parallel()
	t.Log("done")
}
