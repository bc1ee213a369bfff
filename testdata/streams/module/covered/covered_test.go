package covered

import "testing"

func TestF(t *testing.T) { F(true) }
