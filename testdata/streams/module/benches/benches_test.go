package benches

import "testing"

func BenchmarkLoop(b *testing.B) {
	for b.Loop() {
	}
}

func BenchmarkSub(b *testing.B) {
	b.Run("x", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
		}
	})
}
