package fail

import (
	"fmt"
	"testing"
)

func TestError(t *testing.T) {
	fmt.Print("no newline")
	t.Errorf("got %d, want 2", 1)
}

func TestSubtests(t *testing.T) {
	t.Run("good", func(t *testing.T) { t.Log("fine") })
	t.Run("bad", func(t *testing.T) {
		t.Run("in/it", func(t *testing.T) { t.Fatal("inner\nlines") })
	})
	t.Run("(a+b)*", func(t *testing.T) { t.Error("name with characters of patterns") })
}

func TestParallelFail(t *testing.T) {
	t.Parallel()
	t.Run("one", func(t *testing.T) { t.Parallel(); t.Log("one") })
	t.Run("two", func(t *testing.T) { t.Parallel(); t.Error("two") })
}

func TestUnicode(t *testing.T) { t.Error("Grüße, 世界 \x00\xff <&> \"quoted\"") }
