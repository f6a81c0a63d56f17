package identifier

import (
	"errors"
	"strings"
	"testing"
)

func TestParseEmail(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		" Ivan.Testov+vhod@Пример.РФ ": {"Ivan.Testov+vhod@Пример.РФ", "ivan.testov+vhod@xn--e1afmkfd.xn--p1ai"},
		"O'Brien@example.com":          {"O'Brien@example.com", "o'brien@example.com"},
		"Ёлка@Пример.рф":               {"Ёлка@Пример.рф", "ёлка@xn--e1afmkfd.xn--p1ai"},
		"ivan@xn--e1afmkfd.xn--p1ai":   {"ivan@xn--e1afmkfd.xn--p1ai", "ivan@xn--e1afmkfd.xn--p1ai"},
		"ｉｖａｎ@example.ru":              {"ivan@example.ru", "ivan@example.ru"},
		"iv\u200ban@example.ru":        {"ivan@example.ru", "ivan@example.ru"},
	} {
		if typed, folded, err := ParseEmail(text); err != nil || typed != want[0] || folded != want[1] {
			t.Errorf("ParseEmail(%q) = %q, %q, %v, want %q", text, typed, folded, err, want)
		}
	}
	long := strings.Repeat("a", 60) + "@" + strings.Repeat(strings.Repeat("b", 60)+".", 3)
	for text, want := range map[string]error{
		"": ErrEmpty, "\xff@b.ru": ErrText, "x": ErrEmail, "a@b": ErrEmail, "a@b@c.ru": ErrEmail, "Иван <a@b.ru>": ErrEmail, "<a@b.ru>": ErrEmail, "a b@c.ru": ErrEmail,
		"a@-.ru": ErrEmail, "a@.ru": ErrEmail, "a@b..ru": ErrEmail, "a@b.ru.": ErrEmail, ".a@b.ru": ErrEmail, "a.@b.ru": ErrEmail, "a..b@b.ru": ErrEmail, "\"a\"@b.ru": ErrEmail,
		"a(b)@b.ru": ErrEmail, "a@[192.0.2.1]": ErrEmail, "a@192.0.2.1": ErrEmail, "a@b_c.ru": ErrEmail, "a@b.ru, c@d.ru": ErrEmail, "a\r\nBcc: x@b.ru": ErrEmail, "a\x00@b.ru": ErrText,
		"a😀@b.ru": ErrEmail, "İvan@b.ru": ErrEmail, "a\u3164@b.ru": ErrEmail, "a@" + strings.Repeat("b", 64) + ".ru": ErrEmail,
		strings.Repeat("a", 65) + "@b.ru": ErrTooLong, strings.Repeat("a", 321): ErrTooLong,
		long + "ru": nil, long + strings.Repeat("c", 8) + "ru": nil, long + strings.Repeat("c", 9) + "ru": ErrTooLong,
		"a@mailinator.com": ErrDisposable, "a@Sub.Mailinator.COM": ErrDisposable, "postmaster@b.ru": ErrRole, "Admin@b.ru": ErrRole, "administrator.ivan@b.ru": nil,
	} {
		if _, _, err := ParseEmail(text); !errors.Is(err, want) {
			t.Errorf("ParseEmail(%q): %v, want %v", text, err, want)
		}
	}
	if typed, folded, err := ParseEmail("Admin@B.ru"); typed != "Admin@B.ru" || folded != "admin@b.ru" {
		t.Errorf("a role's address = %q, %q, %v, want both forms", typed, folded, err)
	}
}

func TestDisposable(t *testing.T) {
	t.Parallel()
	for domain, want := range map[string]bool{"yopmail.com": true, "YOPMAIL.com": true, "a.b.yopmail.com": true, "notyopmail.com": false, "example.ru": false, "com": false, "": false, "..": false} {
		if got := Disposable(domain); got != want {
			t.Errorf("Disposable(%q) = %v", domain, got)
		}
	}
	for domain := range disposable {
		if folded, ok := foldDomain(domain); !ok || folded != domain {
			t.Errorf("%q is not in its normal form", domain)
		}
	}
}

func TestRoleMailbox(t *testing.T) {
	t.Parallel()
	for local, want := range map[string]bool{"abuse": true, "PostMaster": true, "ivan": false, "admin1": false, "": false} {
		if got := RoleMailbox(local); got != want {
			t.Errorf("RoleMailbox(%q) = %v", local, got)
		}
	}
}

func FuzzParseEmail(f *testing.F) {
	for _, seed := range []string{"Ivan@Example.ru", "ёлка@Пример.РФ", "a@mailinator.com", "J\u030c@b.ru", "\u0130@b.ru", "\u1e9e@faß.de", "e\u200b\u0301@b.ru"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		typed, folded, err := ParseEmail(text)
		if err != nil && !errors.Is(err, ErrDisposable) && !errors.Is(err, ErrRole) {
			return
		}
		if len(typed) > maxEmail || len(folded) > maxEmail {
			t.Errorf("%q is read as %q, too long", text, folded)
		}
		if typed2, folded2, err2 := ParseEmail(typed); typed2 != typed || folded2 != folded || !errors.Is(err2, err) {
			t.Errorf("%q is read as %q, %q, then %q, %q, %v", text, typed, folded, typed2, folded2, err2)
		}
		if typed2, folded2, err2 := ParseEmail(folded); typed2 != folded || folded2 != folded || !errors.Is(err2, err) {
			t.Errorf("folded %q is read as %q, %q, %v", folded, typed2, folded2, err2)
		}
	})
}
