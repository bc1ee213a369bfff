package covered

func F(b bool) int {
	if b {
		return 1
	}
	return 2
}
