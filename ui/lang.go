package ui

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Languages lists the languages of every page, the preferred first.
func Languages() []string { return []string{"ru", "en"} }

var matcher = language.NewMatcher([]language.Tag{language.Russian, language.English})

// maxLanguages bounds what is parsed of a stranger's wish.
const maxLanguages = 256

// MatchLanguage finds the language for the first wish that can be met: tags or
// Accept-Language values (RFC 9110 §12.5.4). Without one it is the first of ours.
func MatchLanguage(wishes ...string) string {
	for _, wish := range wishes {
		if wish == "" || len(wish) > maxLanguages {
			continue
		}
		tags, _, err := language.ParseAcceptLanguage(wish)
		if err != nil || len(tags) == 0 {
			continue
		}
		if _, i, confidence := matcher.Match(tags...); confidence >= language.High {
			return Languages()[i]
		}
	}
	return Languages()[0]
}

// KnownLanguage is the first wish that is a language of ours, exactly or with a
// region; empty without one.
func KnownLanguage(wishes ...string) string {
	for _, wish := range wishes {
		base, _, _ := strings.Cut(wish, "-")
		if slices.Contains(Languages(), base) {
			return base
		}
	}
	return ""
}

type langKey struct{}

// WithLang carries the language of a request.
func WithLang(ctx context.Context, lang string) context.Context {
	return context.WithValue(ctx, langKey{}, lang)
}

// Lang is the language of a request.
func Lang(ctx context.Context) string {
	if lang, ok := ctx.Value(langKey{}).(string); ok {
		return lang
	}
	return Languages()[0]
}

type nameKey struct{}

// WithName carries the name of who is signed in, for the head of the page.
func WithName(ctx context.Context, name string) context.Context {
	return context.WithValue(ctx, nameKey{}, name)
}

// Name is the name of who is signed in; empty when nobody is known to be.
func Name(ctx context.Context) string {
	name, _ := ctx.Value(nameKey{}).(string)
	return name
}

type accountKey struct{}

// WithAccountNumber carries the number of the account that a page's forms change.
func WithAccountNumber(ctx context.Context, number string) context.Context {
	return context.WithValue(ctx, accountKey{}, number)
}

// AccountNumber is the number of the account that a page's forms change; empty when they
// change none.
func AccountNumber(ctx context.Context) string {
	number, _ := ctx.Value(accountKey{}).(string)
	return number
}
