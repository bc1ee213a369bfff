package box

import (
	"fmt"
	"os"
	"syscall"
	"time"
)

const cloneNewTime = 0x80

// shiftClock makes what is started from now on see the clocks that count from when
// the machine started (CLOCK_MONOTONIC, CLOCK_BOOTTIME) ahead. The kernel has no
// namespace for the time of day.
func (s initSpec) shiftClock() error {
	if s.ClockOffset == 0 {
		return nil
	}
	d := time.Duration(s.ClockOffset)
	sec, nsec := int64(d/time.Second), int64(d%time.Second)
	if nsec < 0 {
		sec, nsec = sec-1, nsec+int64(time.Second)
	}
	err := syscall.Unshare(cloneNewTime)
	if err == nil {
		line := fmt.Sprintf("%d %d\n", sec, nsec)
		err = os.WriteFile("/proc/self/timens_offsets", []byte("monotonic "+line+"boottime "+line), 0)
	}
	if err != nil {
		return fmt.Errorf("set the clocks %v ahead: %w", d, err)
	}
	return nil
}
