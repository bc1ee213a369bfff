// Package rule judges: each [Rule] is a row of a table with the condition under
// which it applies to a program on a host, how sure that is, what comes of it,
// what to do, and the source it is taken from.
//
// Conditions know three answers. A fact that is not known makes them unknown
// unless another part decides, so a rule says no only where it is known not to
// apply. That is what lets the same table judge a host at hand, a snapshot, or
// a bare version number.
package rule
