// Package testresult looks up in go's build cache what cmd/go would look up
// there before it runs a test, so that gust can tell without go that a result
// still stands.
//
//	link action ID, arguments ─ testID ─▶ test log: what the test read
//	                                        │ variables and files as they are now
//	                                        ▼
//	                      testID, inputID ─▶ output of a run that passed
//
// That is tryCacheWithID of cmd/go/internal/test/test.go, the same in go 1.24
// to 1.27. It is internal to go, so nothing here is taken on trust: [Cache.Find]
// computes the IDs of a result that go has just called cached, and succeeds only
// if there are entries under them. A go that does it another way finds none, and
// gust goes on asking go.
//
// The package starts no process. Which actions there are, its caller brings.
package testresult
