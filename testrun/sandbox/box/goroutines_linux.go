package box

import "strings"

// maxGoroutines is how many kinds of goroutines are reported.
const maxGoroutines = 100

// parseStacks reads what the runtime writes on SIGQUIT, and leaves out what is not
// of the tests' making. Goroutines that are alike are counted.
func parseStacks(text string) []Goroutine {
	var all []Goroutine
	for block := range strings.SplitSeq(text, "\n\n") {
		g, ok := parseStack(strings.Split(strings.TrimSpace(block), "\n"))
		if !ok {
			continue
		}
		known := false
		for i := range all {
			if one := all[i]; one.Function == g.Function && one.Place == g.Place && one.CreatedAt == g.CreatedAt {
				all[i].Count++
				known = true
			}
		}
		if !known && len(all) < maxGoroutines {
			all = append(all, g)
		}
	}
	return all
}

// parseStack reads one goroutine:
//
//	goroutine 7 [chan receive, 2 minutes]:
//	example.com/a.wait(0x1)
//		/a/a.go:3 +0x1d
//	created by example.com/a.Start in goroutine 6
//		/a/a.go:9 +0x25
func parseStack(lines []string) (Goroutine, bool) {
	head, ok := strings.CutPrefix(lines[0], "goroutine ")
	number, rest, _ := strings.Cut(head, " ")
	if !ok || number == "0" || number == "1" {
		return Goroutine{}, false
	}
	_, state, _ := strings.Cut(rest, "[")
	state, _, _ = strings.Cut(state, "]")
	state, _, _ = strings.Cut(state, ",")
	g := Goroutine{State: state, Count: 1}
	for i := 1; i+1 < len(lines); i += 2 {
		name, place := lines[i], placeOf(lines[i+1])
		if creator, ok := strings.CutPrefix(name, "created by "); ok {
			g.Creator, _, _ = strings.Cut(creator, " in goroutine ")
			g.CreatedAt = place
			break
		}
		if j := strings.LastIndex(name, "("); j > 0 {
			name = name[:j]
		}
		if g.Function == "" && !below(name) {
			g.Function, g.Place = name, place
		}
	}
	return g, g.Function != "" && !ofTheSystem(g)
}

// below reports whether a function only does the waiting for another one.
func below(name string) bool {
	for _, prefix := range []string{"runtime.", "internal/", "sync.", "net.(*netFD)."} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func placeOf(line string) string {
	place, _, _ := strings.Cut(strings.TrimSpace(line), " +0x")
	return place
}

// ofTheSystem reports whether a goroutine belongs to the runtime or to package
// testing, and is there in every test.
func ofTheSystem(g Goroutine) bool {
	for _, name := range []string{"os/signal.", "testing.", "runtime."} {
		if strings.HasPrefix(g.Function, name) && (g.Creator == "" || strings.HasPrefix(g.Creator, name)) {
			return true
		}
	}
	// It handles signals for the program.
	return strings.HasPrefix(g.Creator, "os/signal.")
}
