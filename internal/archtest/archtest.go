// Package archtest holds the rules about which package may import which, and
// tests that keep them. It has no code of its own.
//
// Arrows point one way: cmd uses the engines, the engines use internal. The
// engines know nothing of the command line or of colours, so that they can be
// tested, and used, without a terminal. Few packages start processes; starters
// in the test lists them.
package archtest
