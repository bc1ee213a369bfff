// Package report renders what kernelcheck found: for people, as SARIF 2.1.0,
// and as annotations of GitHub Actions. It writes to the io.Writer it is given
// and knows no terminal; the caller says whether to colour.
package report
