package filter

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxDepth bounds nesting, so that hostile text cannot exhaust the stack.
const maxDepth = 200

// Parse reads an expression. module is the path of the main module. An error
// is a *SyntaxError.
func Parse(module, text string) (Expr, error) {
	p := &parser{module: module, text: text}
	match, err := p.or(0)
	if err != nil {
		return Expr{}, err
	}
	if p.skip(); p.pos < len(p.text) {
		return Expr{}, p.errorf(p.pos, "want and, or, or the end")
	}
	return Expr{match: match, text: text}, nil
}

type parser struct {
	module, text string
	pos          int
}

func (p *parser) errorf(pos int, msg string) error {
	return &SyntaxError{Text: p.text, Pos: pos, Msg: msg}
}

func (p *parser) skip() {
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		p.pos += n
	}
}

// accept consumes a keyword or a bracket, if it is next.
func (p *parser) accept(token string) bool {
	p.skip()
	rest, ok := strings.CutPrefix(p.text[p.pos:], token)
	if !ok || unicode.IsLetter(rune(token[0])) && rest != "" && isWord(rune(rest[0])) {
		return false
	}
	p.pos += len(token)
	return true
}

func (p *parser) or(depth int) (func(Test) bool, error) {
	left, err := p.and(depth)
	for err == nil && p.accept("or") {
		var right func(Test) bool
		if right, err = p.and(depth); err == nil {
			l := left
			left = func(t Test) bool { return l(t) || right(t) }
		}
	}
	return left, err
}

func (p *parser) and(depth int) (func(Test) bool, error) {
	left, err := p.not(depth)
	for err == nil && p.accept("and") {
		var right func(Test) bool
		if right, err = p.not(depth); err == nil {
			l := left
			left = func(t Test) bool { return l(t) && right(t) }
		}
	}
	return left, err
}

func (p *parser) not(depth int) (func(Test) bool, error) {
	if depth > maxDepth {
		return nil, p.errorf(p.pos, "too deeply nested")
	}
	switch {
	case p.accept("not"):
		inner, err := p.not(depth + 1)
		return func(t Test) bool { return !inner(t) }, err
	case p.accept("("):
		open := p.pos - 1
		inner, err := p.or(depth + 1)
		if err == nil && !p.accept(")") {
			return nil, p.errorf(open, "this bracket is not closed")
		}
		return inner, err
	}
	return p.term()
}

func (p *parser) term() (func(Test) bool, error) {
	p.skip()
	start := p.pos
	field := p.run(isWord)
	if field == "" {
		return nil, p.errorf(start, "want a field: package, test, last or duration")
	}
	p.skip()
	opAt := p.pos
	op := p.run(func(r rune) bool { return strings.ContainsRune("=!~<>", r) })
	switch op {
	case "=", "!=", "~", "!~", "<", "<=", ">", ">=":
	default:
		return nil, p.errorf(opAt, "want an operator: = != ~ !~ < <= > or >=")
	}
	p.skip()
	valueAt := p.pos
	value, err := p.value()
	if err != nil {
		return nil, err
	}
	match, err := term(p.module, field, op, value)
	if err != nil {
		at := start
		switch {
		case strings.HasPrefix(err.Error(), "operator"):
			at = opAt
		case strings.HasPrefix(err.Error(), `"`):
			at = valueAt
		}
		return nil, p.errorf(at, err.Error())
	}
	return match, nil
}

func (p *parser) value() (string, error) {
	start := p.pos
	if p.pos == len(p.text) || p.text[p.pos] == ')' {
		return "", p.errorf(start, "want a value")
	}
	if c := p.text[p.pos]; c == '"' || c == '`' {
		quoted, err := strconv.QuotedPrefix(p.text[p.pos:])
		if err != nil {
			return "", p.errorf(start, "this quote is not closed")
		}
		p.pos += len(quoted)
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return "", p.errorf(start, "this is not a Go string")
		}
		return value, nil
	}
	value, closed := p.bare()
	if !closed {
		return "", p.errorf(start, "brackets do not match; put the value between quotes")
	}
	return value, nil
}

// bare reads a value without quotes, which ends at white space or at a
// bracket that it did not open.
func (p *parser) bare() (value string, closed bool) {
	open := 0
	value = p.run(func(r rune) bool {
		switch {
		case unicode.IsSpace(r):
			return false
		case r == '(':
			open++
		case r == ')':
			open--
		}
		return open >= 0
	})
	return value, open <= 0
}

func (p *parser) run(in func(rune) bool) string {
	start := p.pos
	for p.pos < len(p.text) {
		r, n := utf8.DecodeRuneInString(p.text[p.pos:])
		if !in(r) {
			break
		}
		p.pos += n
	}
	return p.text[start:p.pos]
}

func isWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
