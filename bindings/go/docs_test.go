package crib_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parse gives the files whose names the filter wants.
func parse(t *testing.T, want func(name string) bool) []*ast.File {
	t.Helper()
	var files []*ast.File
	names, err := filepath.Glob("*.go")
	none(t, err)
	set := token.NewFileSet()
	for _, name := range names {
		if !want(name) {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

func isTest(name string) bool { return strings.HasSuffix(name, "_test.go") }

// exported calls f with each exported function, method and type, and its comment.
func exported(files []*ast.File, f func(name string, doc *ast.CommentGroup)) {
	for _, file := range files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && (d.Recv == nil || ast.IsExported(receiver(d.Recv.List[0].Type))) {
					f(d.Name.Name, d.Doc)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, is := s.(*ast.TypeSpec); is && s.Name.IsExported() {
						f(s.Name.Name, d.Doc)
					}
				}
			}
		}
	}
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func TestEverythingThatIsExportedIsDocumented(t *testing.T) {
	exported(parse(t, func(name string) bool { return !isTest(name) }), func(name string, doc *ast.CommentGroup) {
		if doc == nil {
			t.Errorf("%s has no comment", name)
		}
	})
}

func TestEverythingThatIsExportedHasAnExample(t *testing.T) {
	used := map[string]bool{
		// What only other packages call, or stands in a signature of what has an example.
		"Is": true, "Unwrap": true, "Timeout": true, "String": true, "Deadline": true, "Done": true,
		"Clock": true, "Policy": true, "Shield": true, "Soft": true, "Source": true, "Overflow": true, "Option": true,
		"Statistics": true, "ChanStats": true, "Nursery": true, "Scope": true, "Task": true, "Options": true,
		// In examples/go/10_mixed, for it takes C.
		"GoC": true, "CallC": true, "C": true,
	}
	for _, file := range parse(t, func(name string) bool { return strings.HasPrefix(name, "example_") }) {
		ast.Inspect(file, func(n ast.Node) bool {
			if n, is := n.(*ast.SelectorExpr); is {
				used[n.Sel.Name] = true
			}
			if n, is := n.(*ast.FuncDecl); is {
				for _, word := range strings.Split(strings.TrimPrefix(n.Name.Name, "Example"), "_") {
					used[word] = true
				}
			}
			return true
		})
	}
	exported(parse(t, func(name string) bool { return !isTest(name) }), func(name string, _ *ast.CommentGroup) {
		if !used[name] {
			t.Errorf("%s is in no example", name)
		}
	})
}

// words is a text without its layout.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestTheCodeOfTheReadmeIsCompiled(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, folder := range []string{".", "../../examples/go"} {
		none(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".go") {
				text, err := os.ReadFile(path)
				code.WriteString(words(string(text)) + "\n")
				return err
			}
			return err
		}))
	}
	blocks := strings.Split(string(readme), "```go\n")[1:]
	for _, block := range blocks {
		block, _, _ = strings.Cut(block, "```")
		if !strings.Contains(code.String(), words(block)) {
			t.Errorf("not in a file that is compiled:\n%s", block)
		}
	}
	if len(blocks) < 3 {
		t.Errorf("only %d pieces of code", len(blocks))
	}
}
