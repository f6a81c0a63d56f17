package ui

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"html/template"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestCatalogues compares the languages: the same sentences with the same
// placeholders, and each plural form that its language needs.
func TestCatalogues(t *testing.T) {
	t.Parallel()
	forms := map[string][]string{"ru": {"few", "many", "one", "other"}, "en": {"one", "other"}}
	all := map[string]map[string]any{}
	for _, lang := range Languages() {
		raw, err := files.ReadFile("i18n/" + lang + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts map[string]any
		if err := json.Unmarshal(raw, &texts); err != nil {
			t.Fatal(err)
		}
		all[lang] = texts
	}
	for id, ru := range all["ru"] {
		en, ok := all["en"][id]
		if !ok {
			t.Errorf("%s is missing in English", id)
			continue
		}
		if !slices.Equal(placeholders(ru), placeholders(en)) {
			t.Errorf("%s: placeholders %v and %v", id, placeholders(ru), placeholders(en))
		}
	}
	for lang, texts := range all {
		for id, text := range texts {
			if _, ok := all["ru"][id]; !ok {
				t.Errorf("%s is missing in Russian", id)
			}
			if plural, ok := text.(map[string]any); ok {
				var got []string
				for form := range plural {
					got = append(got, form)
				}
				slices.Sort(got)
				if !slices.Equal(got, forms[lang]) {
					t.Errorf("%s in %s has the forms %v, want %v", id, lang, got, forms[lang])
				}
			}
		}
	}
}

var placeholder = regexp.MustCompile(`{{\.(\w+)}}`)

func placeholders(text any) []string {
	var all []string
	for _, m := range placeholder.FindAllStringSubmatch(fmt.Sprint(text), -1) {
		if !slices.Contains(all, m[1]) {
			all = append(all, m[1])
		}
	}
	slices.Sort(all)
	return all
}

// constants are the strings that a file declares as constants.
func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, decl := range parsed.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			one, ok := spec.(*ast.ValueSpec)
			if !ok {
				t.Fatalf("%s: %T among constants", file, spec)
			}
			literal, ok := one.Values[0].(*ast.BasicLit)
			if !ok {
				t.Fatalf("%s: %s is no literal", file, one.Names[0].Name)
			}
			if all[one.Names[0].Name], err = strconv.Unquote(literal.Value); err != nil {
				t.Fatal(err)
			}
		}
	}
	if len(all) == 0 {
		t.Fatalf("%s has no constants", file)
	}
	return all
}

// TestTextsExist renders each text that handlers choose among, and expects an
// error where an argument is missing.
func TestTextsExist(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	plain, counted := map[string]any{"Length": 12, "Age": 18}, map[string]any{"Count": 22}
	for name, id := range constants(t, "text.go") {
		for _, lang := range Languages() {
			text, err := u.texts[lang].get(id, plain)
			if err != nil {
				text, err = u.texts[lang].get(id, counted)
			}
			if err != nil || text == "" || strings.Contains(text, "<no value>") {
				t.Errorf("%s in %s: %q, %v", name, lang, text, err)
			}
			if _, plain := u.texts[lang].plain[id]; plain {
				continue
			}
			if text, err := u.texts[lang].get(id, nil); err == nil {
				t.Errorf("%s in %s without arguments: %q, want an error", name, lang, text)
			}
		}
	}
	if _, err := u.texts["ru"].get("nothing", nil); err == nil {
		t.Error("a missing text is no error")
	}
}

// TestVerbatim holds the wording that the requirements give (R-REG-3, R-REG-4).
func TestVerbatim(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for id, want := range map[string]string{
		BirthDateInvalid: "Неверный формат даты рождения", PasswordsDiffer: "Пароли не совпадают",
		NameInvalid: "В поле «ФИО» обнаружены недопустимые символы", CodeWrong: "Неверный код", CodeTries: "Неверный код", NoticeRegistered: "Регистрация завершена",
	} {
		if text, err := u.texts["ru"].get(id, map[string]any{"Count": 1}); err != nil || !strings.HasPrefix(text, want) {
			t.Errorf("%s = %q, %v, want %q", id, text, err, want)
		}
	}
}

// TestPlurals checks that Russian counts as it should.
func TestPlurals(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for count, want := range map[int]string{1: "1 попытка", 2: "2 попытки", 5: "5 попыток", 11: "11 попыток", 21: "21 попытка", 22: "22 попытки"} {
		if text, err := u.texts["ru"].get(CodeWrong, map[string]any{"Count": count}); err != nil || !strings.Contains(text, want) {
			t.Errorf("%q, %v, want %q", text, err, want)
		}
	}
}

// TestChecksTexts checks that a template cannot name what is in no catalogue.
func TestChecksTexts(t *testing.T) {
	t.Parallel()
	known := &texts{ids: map[string]struct{}{"a": {}}, plain: map[string]string{"a": "A"}}
	for source, good := range map[string]bool{
		`{{t "a"}}`: true, `{{t "b"}}`: false, `{{if true}}{{t "b" "X" 1}}{{end}}`: false, `{{print (t "b")}}`: false, `{{define "x"}}{{t "b"}}{{end}}`: false, `{{t (print "a")}}`: true,
	} {
		page, err := template.New("page").Funcs(functions("ru", known)).Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if err := checkTexts(page, known); (err == nil) != good {
			t.Errorf("%s: %v", source, err)
		}
	}
	if err := sameTexts(map[string]*texts{"ru": known, "en": {ids: map[string]struct{}{}}}); err == nil {
		t.Error("a text that one language lacks is no error")
	}
}
