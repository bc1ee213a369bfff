package event

// DoctorFinding reports one thing that gust doctor noticed.
type DoctorFinding struct {
	// ID is what gust doctor explain takes.
	ID string `json:"id"`
	// Level is problem, warning, unknown or info.
	Level string `json:"level"`
	// Text says what is the case.
	Text string `json:"text"`
	// Evidence are facts behind it, such as file:line.
	Evidence []string `json:"evidence,omitempty"`
	// Consequence says what comes of it.
	Consequence string `json:"consequence,omitempty"`
	// Fix is a command, or a sentence where there is none.
	Fix string `json:"fix,omitempty"`
	// Safe is true if --fix applies the fix.
	Safe bool `json:"safe"`
	// Fixed is true if it has done so.
	Fixed bool `json:"fixed"`
}

// EventType implements [Event].
func (DoctorFinding) EventType() string { return "doctor.finding" }
