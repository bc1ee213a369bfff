package noisy

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestLong(t *testing.T) {
	fmt.Println(strings.Repeat("x", 100_000))
	t.Error("after a long line")
}

func TestBinary(t *testing.T) {
	os.Stdout.Write([]byte{0, 1, 2, 0xfe, 0xff, '\n', 'a'})
	os.Stderr.WriteString("{\"Action\":\"fail\",\"Package\":\"fake\"}\n")
	fmt.Println("=== RUN   TestFake")
	fmt.Println("--- FAIL: TestFake (0.00s)")
	fmt.Println("panic: not at all")
	t.Error("after bytes")
}
