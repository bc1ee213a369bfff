package exits

import (
	"fmt"
	"os"
	"testing"
)

func TestExit(t *testing.T) {
	fmt.Println("last words")
	os.Exit(3)
}
