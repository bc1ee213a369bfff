package onbroken

import (
	"testing"

	"example.com/streams/broken"
)

func TestF(t *testing.T) { broken.F() }
