package process

import "io"

// GuardCommand is the hidden command of gust that runs [Guard].
const GuardCommand = "watchguard"

// Guard waits for the process that started it, which holds the other end of
// in, and kills a process group if that ends without having said that the group
// is its business no more. It is for the one end that no handler sees, SIGKILL.
func Guard(in io.Reader, group int) {
	var word [1]byte
	if n, _ := in.Read(word[:]); n == 0 && group > 1 {
		killGroup(group)
	}
}
