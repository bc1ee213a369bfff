package modgraph

import "slices"

// components finds the strongly connected components of a graph given as
// successors by node: comp[i] is the number of i's component. A component
// has a higher number than those it leads to. It is Tarjan's algorithm with
// a stack of its own, as module graphs can be deep.
func components(succ [][]int) (comp []int, count int) {
	n := len(succ)
	comp = make([]int, n)
	low, order, at := make([]int, n), make([]int, n), make([]int, n)
	onStack := make([]bool, n)
	var stack, calls []int
	next := 1
	for start := range n {
		if order[start] != 0 {
			continue
		}
		calls = append(calls[:0], start)
		for len(calls) > 0 {
			v := calls[len(calls)-1]
			if order[v] == 0 {
				order[v], low[v] = next, next
				next++
				stack, onStack[v] = append(stack, v), true
			}
			deeper := false
			for at[v] < len(succ[v]) {
				w := succ[v][at[v]]
				if order[w] == 0 {
					calls, deeper = append(calls, w), true
					break
				}
				if onStack[w] {
					low[v] = min(low[v], low[w])
				}
				at[v]++
			}
			if deeper {
				continue
			}
			if low[v] == order[v] {
				for {
					w := stack[len(stack)-1]
					stack, onStack[w], comp[w] = stack[:len(stack)-1], false, count
					if w == v {
						break
					}
				}
				count++
			}
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				low[calls[len(calls)-1]] = min(low[calls[len(calls)-1]], low[v])
			}
		}
	}
	return comp, count
}

// groups lists the members of each component.
func groups(comp []int, count int) [][]int {
	out := make([][]int, count)
	for i, c := range comp {
		out[c] = append(out[c], i)
	}
	return out
}

// bits is a set of small numbers.
type bits []uint64

func newBits(n int) bits      { return make(bits, (n+63)/64) }
func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b bits) add(i int)      { b[i/64] |= 1 << (i % 64) }
func (b bits) union(other bits) {
	for i, w := range other {
		b[i] |= w
	}
}

// reduction returns which edges of a graph a transitive reduction keeps: an
// edge goes if its end can be reached another way. Edges inside a cycle are
// all kept, and of several edges between the same two components one.
func reduction(n int, edges [][2]int) []bool {
	succ := make([][]int, n)
	for _, e := range edges {
		succ[e[0]] = append(succ[e[0]], e[1])
	}
	comp, count := components(succ)
	// Components are numbered in reverse topological order, so everything
	// that one leads to is known when it is reached.
	next := make([][]int, count)
	for _, e := range edges {
		if a, b := comp[e[0]], comp[e[1]]; a != b {
			next[a] = append(next[a], b)
		}
	}
	below := make([]bits, count)
	kept := make([]map[int]bool, count)
	for c := range count {
		below[c], kept[c] = newBits(count), make(map[int]bool)
		slices.Sort(next[c])
		targets := slices.Compact(next[c])
		// The nearest in topological order first: what they reach is implied.
		for _, t := range slices.Backward(targets) {
			if !below[c].has(t) {
				kept[c][t] = true
				below[c].add(t)
				below[c].union(below[t])
			}
		}
	}
	keep := make([]bool, len(edges))
	for k, e := range edges {
		a, b := comp[e[0]], comp[e[1]]
		switch {
		case a == b:
			keep[k] = true
		case kept[a][b]:
			keep[k] = true
			kept[a][b] = false
		}
	}
	return keep
}

// shortestCycle returns a shortest cycle through start that stays among the
// members, start first.
func shortestCycle(succ [][]int, start int, member func(int) bool) []int {
	from := map[int]int{}
	queue := []int{start}
	for len(queue) > 0 {
		v := queue[0]
		queue = queue[1:]
		for _, w := range succ[v] {
			if w == start {
				path := []int{v}
				for v != start {
					v = from[v]
					path = append(path, v)
				}
				slices.Reverse(path)
				return path
			}
			if _, seen := from[w]; !seen && member(w) {
				from[w] = v
				queue = append(queue, w)
			}
		}
	}
	return nil
}
