package store_test

import (
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// engineFiles run the statements of others; what SQL they hold is theirs alone
// and covered by their own tests.
var engineFiles = []string{
	"backup.go", "backup_engine.go", "batch.go", "condition.go", "db.go", "migrate.go", "postgres.go", "postgres_partition.go", "query.go", "restore.go", "rewrite.go", "sqlite.go", "sqlite_conn.go", "sqlite_tx.go",
}

var (
	looksLikeSQL = regexp.MustCompile(`^\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s`)
	placeholder  = regexp.MustCompile(`\$(\d+)`)
	quoted       = regexp.MustCompile(`'[^']*'`)
	forbidden    = regexp.MustCompile(`(?i)\b(now|random|gen_random_uuid|lower|upper|nextval|pg_\w+|array_agg|unnest|datetime|strftime)\s*\(` +
		`|\bcurrent_(time|date|timestamp)\b|\b(any|array)\s*[(\[]|\bfor\s+(no\s+key\s+)?(update|share)\b|\bskip\s+locked\b` +
		`|->|@>|<@|::|\bjson|\b(i?like|similar\s+to|glob|regexp)\b|(select|returning|,)\s+\*|\.\*|\bnulls\s+(first|last)\b|%`)
)

// statement is one text of SQL in the package's source.
type statement struct {
	at   string
	sql  string
	args int // given with it, -1 when the source does not tell
}

// source reads Go files for the SQL in them.
type source struct {
	set        *token.FileSet
	constants  map[string]ast.Expr
	statements []statement
	problems   []string
	seen       map[ast.Expr]bool
}

func parsePackage(t *testing.T) *source {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(engineFiles, name) {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(text)
	}
	return parse(t, files)
}

func parse(t *testing.T, files map[string]string) *source {
	t.Helper()
	s := &source{set: token.NewFileSet(), constants: map[string]ast.Expr{}, seen: map[ast.Expr]bool{}}
	var all []*ast.File
	for name, text := range files {
		f, err := parser.ParseFile(s.set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
		s.declare(f)
	}
	// What is used as a whole comes first, so that its parts are known as parts.
	for _, f := range all {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				s.call(n)
			case *ast.BinaryExpr:
				return !s.text(n, -1)
			}
			return true
		})
	}
	for _, f := range all {
		ast.Inspect(f, func(n ast.Node) bool {
			if literal, ok := n.(*ast.BasicLit); ok {
				s.text(literal, -1)
			}
			return true
		})
	}
	return s
}

// declare remembers the constants of a file, those of functions included.
func (s *source) declare(f *ast.File) {
	ast.Inspect(f, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || d.Tok != token.CONST {
			return true
		}
		for _, spec := range d.Specs {
			v := spec.(*ast.ValueSpec)
			for i, name := range v.Names {
				if i < len(v.Values) {
					s.constants[name.Name] = v.Values[i]
				}
			}
		}
		return true
	})
}

// fold is the constant string that an expression makes.
func (s *source) fold(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0)), true
	case *ast.ParenExpr:
		return s.fold(e.X)
	case *ast.Ident:
		if value, ok := s.constants[e.Name]; ok {
			return s.fold(value)
		}
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		x, ok := s.fold(e.X)
		if !ok {
			return "", false
		}
		y, ok := s.fold(e.Y)
		return x + y, ok
	}
	return "", false
}

// text takes an expression for SQL if it looks so, and tells whether its parts
// need no further look.
func (s *source) text(e ast.Expr, args int) bool {
	if s.seen[e] {
		return true
	}
	sql, ok := s.fold(e)
	if !ok {
		if b, isSum := e.(*ast.BinaryExpr); isSum && b.Op == token.ADD {
			if first := leftmost(b); first != nil {
				if head, ok := s.fold(first); ok && looksLikeSQL.MatchString(head) {
					s.problem(e, "SQL is put together at run time")
					s.markParts(b)
					return true
				}
			}
		}
		return false
	}
	if !looksLikeSQL.MatchString(sql) {
		return ok && args < 0 && isSum(e)
	}
	s.markParts(e)
	s.statements = append(s.statements, statement{at: s.set.Position(e.Pos()).String(), sql: sql, args: args})
	return true
}

func isSum(e ast.Expr) bool { _, ok := e.(*ast.BinaryExpr); return ok }

func leftmost(e ast.Expr) ast.Expr {
	for {
		b, ok := e.(*ast.BinaryExpr)
		if !ok {
			return e
		}
		e = b.X
	}
}

// markParts keeps the parts of a statement from being taken for statements.
func (s *source) markParts(e ast.Expr) {
	ast.Inspect(e, func(n ast.Node) bool {
		if part, ok := n.(ast.Expr); ok {
			s.seen[part] = true
			if id, ok := part.(*ast.Ident); ok && s.constants[id.Name] != nil && !s.seen[s.constants[id.Name]] {
				s.markParts(s.constants[id.Name])
			}
		}
		return true
	})
}

// call checks a call that runs or queues a statement: its text is constant and
// its arguments are as many as the placeholders.
func (s *source) call(c *ast.CallExpr) {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains([]string{"Exec", "ExecCount", "Query", "QueryRow", "Require"}, f.Sel.Name) || len(c.Args) == 0 {
		return
	}
	at := 0
	queued := true
	if id, ok := c.Args[0].(*ast.Ident); ok && id.Name == "ctx" {
		at, queued = 1, false
	}
	if f.Sel.Name == "ExecCount" {
		at = 1
	}
	if at >= len(c.Args) {
		s.problem(c, "no statement given")
		return
	}
	args := len(c.Args) - at - 1
	switch {
	case c.Ellipsis.IsValid():
		args = -1
	case queued && (f.Sel.Name == "Query" || f.Sel.Name == "QueryRow"):
		args = -1
		if list, ok := c.Args[at+1].(*ast.CompositeLit); ok {
			args = len(list.Elts)
		} else if id, ok := c.Args[at+1].(*ast.Ident); ok && id.Name == "nil" {
			args = 0
		}
	}
	if sql, ok := s.fold(c.Args[at]); !ok || !looksLikeSQL.MatchString(sql) {
		s.problem(c, "the statement is no constant that begins with SELECT, INSERT, UPDATE, DELETE or WITH")
		return
	}
	delete(s.seen, c.Args[at])
	s.text(c.Args[at], args)
}

func (s *source) problem(n ast.Node, what string) {
	s.problems = append(s.problems, s.set.Position(n.Pos()).String()+": "+what)
}

// check finds what design forbids in a statement's text.
func (st statement) check() (problems []string) {
	plain := quoted.ReplaceAllString(st.sql, "''")
	if bad := forbidden.FindString(plain); bad != "" {
		problems = append(problems, st.at+": forbidden: "+strings.TrimSpace(bad))
	}
	highest := 0
	for _, m := range placeholder.FindAllStringSubmatch(plain, -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > highest+1 || n < 1 {
			problems = append(problems, st.at+": placeholders out of order at "+m[0])
		}
		highest = max(highest, n)
	}
	if st.args >= 0 && st.args != highest {
		problems = append(problems, st.at+": "+strconv.Itoa(highest)+" placeholders, "+strconv.Itoa(st.args)+" arguments")
	}
	return problems
}
