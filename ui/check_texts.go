package ui

import (
	"fmt"
	"html/template"
	"reflect"
	"text/template/parse"
)

// checkTexts finds the first sentence that the templates of a page name by {{t
// "id"}} and the language lacks. Ids that are put together, like those of levels
// and scopes, are not seen here: the tests render them.
func checkTexts(page *template.Template, t *texts) error {
	for _, one := range page.Templates() {
		if one.Tree == nil {
			continue
		}
		for _, id := range textsNamed(reflect.ValueOf(one.Tree.Root)) {
			if !t.has(id) {
				return fmt.Errorf("no text %q", id)
			}
		}
	}
	return nil
}

// textsNamed walks a parse tree for commands that begin with t and a string.
func textsNamed(v reflect.Value) []string {
	var ids []string
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() || v.Type() == reflect.TypeFor[*parse.Tree]() {
			return nil // every node points back to its tree
		}
		if command, ok := v.Interface().(*parse.CommandNode); ok {
			ids = textNamed(command)
		}
		return append(ids, textsNamed(v.Elem())...)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				ids = append(ids, textsNamed(v.Field(i))...)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			ids = append(ids, textsNamed(v.Index(i))...)
		}
	default:
	}
	return ids
}

func textNamed(command *parse.CommandNode) []string {
	if len(command.Args) < 2 {
		return nil
	}
	function, ok := command.Args[0].(*parse.IdentifierNode)
	if !ok || function.Ident != "t" {
		return nil
	}
	id, ok := command.Args[1].(*parse.StringNode)
	if !ok {
		return nil
	}
	return []string{id.Text}
}

// sameTexts finds a sentence that one language has and another lacks.
func sameTexts(all map[string]*texts) error {
	for lang, t := range all {
		for id := range t.ids {
			for other, o := range all {
				if !o.has(id) {
					return fmt.Errorf("ui: text %q is in %s and not in %s", id, lang, other)
				}
			}
		}
	}
	return nil
}
