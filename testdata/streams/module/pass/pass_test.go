package pass

import (
	"fmt"
	"testing"
)

func TestPlain(t *testing.T) { t.Log("seen with -v only") }

func TestPrint(t *testing.T) { fmt.Print("no newline") }

func TestParallel(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint("case ", i), func(t *testing.T) {
			t.Parallel()
			t.Log("logged by", i)
		})
	}
}

func TestSkip(t *testing.T) { t.Skip("not today") }

func ExamplePrintln() {
	fmt.Println("hello")
	// Output: hello
}
