package projectenv

import (
	"go/ast"
	"go/constant"
	"go/token"
)

// value computes a constant: a literal, the name of an earlier constant, or
// strings that are added up. true and false are 1 and 0, as in CGO_ENABLED.
func (p *parse) value(e ast.Expr) (string, error) {
	switch e := e.(type) {
	case *ast.BasicLit:
		return p.literal(e)
	case *ast.ParenExpr:
		return p.value(e.X)
	case *ast.Ident:
		return p.named(e)
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", p.fail(e, "the operator %s is not one for strings", e.Op)
		}
		return p.sum(e)
	case *ast.CallExpr:
		return "", p.fail(e, "a function call; this file is read, not run")
	}
	return "", p.fail(e, "not a constant")
}

func (p *parse) literal(e *ast.BasicLit) (string, error) {
	v := constant.MakeFromLiteral(e.Value, e.Kind, 0)
	switch v.Kind() {
	case constant.String:
		return constant.StringVal(v), nil
	case constant.Int:
		if e.Kind == token.INT {
			return v.ExactString(), nil
		}
	}
	return "", p.fail(e, "%s is neither a string, a bool nor an int", e.Value)
}

func (p *parse) named(e *ast.Ident) (string, error) {
	if v, ok := p.consts[e.Name]; ok {
		return v, nil
	}
	switch e.Name {
	case "true":
		return "1", nil
	case "false":
		return "0", nil
	}
	return "", p.fail(e, "%s is not a constant declared above", e.Name)
}

// sum adds strings up. It is a loop, since a long sum is a deep tree.
func (p *parse) sum(e *ast.BinaryExpr) (string, error) {
	var parts []ast.Expr
	var left ast.Expr = e
	for {
		b, ok := left.(*ast.BinaryExpr)
		if !ok || b.Op != token.ADD {
			parts = append(parts, left)
			break
		}
		parts = append(parts, b.Y)
		left = b.X
	}
	text := ""
	for i := len(parts) - 1; i >= 0; i-- {
		if lit, ok := parts[i].(*ast.BasicLit); ok && lit.Kind != token.STRING {
			return "", p.fail(lit, "only strings can be added")
		}
		part, err := p.value(parts[i])
		if err != nil {
			return "", err
		}
		if p.added += len(part); p.added > maxSize {
			return "", p.fail(e, "sums are longer than %d KB", maxSize>>10)
		}
		text += part
	}
	return text, nil
}
