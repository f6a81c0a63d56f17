package ui

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestForms checks the names that scripts and services rely on.
func TestForms(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, one := range []struct {
		page  Page
		parts []string
	}{
		{LoginPassword{Flow: "f"}, []string{`action="/login/password"`, `name="flow" value="f"`, `name="login"`, `autocomplete="username"`, `autocapitalize="none"`, `name="password"`, `autocomplete="current-password"`, "Телефон, электронная почта или СНИЛС"}},
		{Code{Flow: "f", Action: "/login/sms", Title: T(TitleCodeLogin)}, []string{`action="/login/sms"`, `name="code" type="text"`, `inputmode="numeric"`, `autocomplete="one-time-code"`, `name="action" value="resend"`, "Нет доступа к коду?"}},
		{RegisterContact{}, []string{`name="contact"`, `name="terms"`, `name="personal_data"`, `href="/help/terms"`, `href="/help/personal-data"`}},
		{RegisterLink{Token: "x"}, []string{`method="post" action="/register/link"`, `name="token" value="x"`}},
		{RegisterPassword{Login: "me"}, []string{`name="password"`, `name="password2"`, `autocomplete="new-password"`, `name="username" value="me"`}},
		{RegisterPerson{}, []string{`name="surname"`, `autocomplete="family-name"`, `name="name"`, `name="patronymic"`, `name="birth_date"`, `autocomplete="bday"`, "Создать аккаунт"}},
		{Consent{}, []string{`name="decision" value="allow"`, `name="decision" value="deny"`}},
		{SelectAccount{}, []string{`name="decision" value="continue"`, `name="decision" value="other"`}},
		{LevelRequired{Required: "confirmed", Current: "standard"}, []string{`name="decision" value="return"`, "Подтверждённая", "Стандартная"}},
		{Logout{}, []string{`name="decision" value="sign-out"`, `name="decision" value="stay"`}},
		{AccountPassword{}, []string{`name="password"`, `name="password2"`}},
	} {
		page := render(t, u, View{Lang: "ru"}, one.page)
		mustHold(t, page, append(one.parts, `id="submit"`)...)
	}
	for _, unticked := range []Page{RegisterContact{}} {
		if strings.Contains(render(t, u, View{Lang: "ru"}, unticked), " checked") {
			t.Error("an agreement is ticked before the person ticks it")
		}
	}
}

// TestSummary checks that what is wrong is told above the form, with links to the
// fields, and in the title.
func TestSummary(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	page := render(t, u, View{Lang: "ru"}, RegisterPerson{Surname: Field{Error: T(SurnameEmpty)}, BirthDate: Field{"1.1.1", T(BirthDateInvalid)}})
	mustHold(t, page, `id="problem"`, `<a href="#surname">`, `<a href="#birth_date">`, "<title>Ошибка:", `aria-describedby="birth_date-hint birth_date-error"`, `aria-invalid="true"`, `value="1.1.1"`)
	page = render(t, u, View{Lang: "en"}, LoginPassword{Error: T(LoginWrong)})
	mustHold(t, page, `govuk-error-summary__title">Wrong login or password.`, `aria-describedby="problem"`)
	page = render(t, u, View{Lang: "ru"}, LoginPassword{LoginError: T(LoginEmpty), PasswordError: T(LoginPasswordEmpty)})
	mustHold(t, page, `<a href="#login">Введите телефон, электронную почту или СНИЛС.</a>`, `<a href="#password">`, `aria-describedby="login-hint login-error" aria-invalid="true"`, `aria-describedby="password-error"`)
	if page = render(t, u, View{Lang: "en"}, LoginPassword{}); strings.Contains(page, "problem") || strings.Contains(page, "aria-invalid") {
		t.Error("a form that was not refused tells of a problem")
	}
}

// TestDelivery checks that the page of a code says of its message what is so, and
// nothing against it.
func TestDelivery(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	texts := []string{"We are sending an SMS", "We sent an SMS", "Codes are sent to", "is delayed", "could not be delivered", "A new code cannot be sent right now"}
	for _, one := range []struct {
		page Code
		want []string
	}{
		{Code{Delivery: "queued"}, texts[:1]},
		{Code{Delivery: "sent"}, texts[1:2]},
		{Code{Delivery: "delivered"}, texts[1:2]},
		{Code{Delivery: "delayed"}, texts[2:4]},
		{Code{Delivery: "failed"}, []string{texts[2], texts[4]}},
		{Code{Unsent: true}, texts[2:3]},
		{Code{Unsent: true, ResendIn: time.Second}, []string{texts[2], texts[5]}},
	} {
		one.page.Title = T(TitleCodeLogin)
		page := render(t, u, View{Lang: "en"}, one.page)
		for _, text := range texts {
			if strings.Contains(page, text) != slices.Contains(one.want, text) {
				t.Errorf("%+v: %q", one.page, text)
			}
		}
	}
}

// TestPasswordProblems checks that broken rules are marked in the list of rules, and
// what else is wrong is told at its field, once.
func TestPasswordProblems(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, one := range []struct {
		page  RegisterPassword
		parts []string
	}{
		{RegisterPassword{Broken: []Text{T(PasswordNoDigit)}}, []string{`<li data-rule="error.password_no_digit" class="v-broken">`, `<a href="#password">At least one digit</a>`}},
		{RegisterPassword{Broken: []Text{T(PasswordCommon)}}, []string{`<div id="password-error"><p class="govuk-error-message">This password is too well known`, `aria-describedby="password-hint password-error" aria-invalid="true"`}},
		{RegisterPassword{Error: T(PasswordEmpty)}, []string{`<div id="password-error"><p class="govuk-error-message">Enter the password twice`, `<a href="#password">`}},
		{RegisterPassword{Error: T(PasswordsDiffer)}, []string{`<p class="govuk-error-message" id="password2-error">The passwords differ`, `<a href="#password2">`, `aria-describedby="password2-error" aria-invalid="true"`}},
	} {
		page := render(t, u, View{Lang: "en"}, one.page)
		mustHold(t, page, one.parts...)
		if n := strings.Count(page, `aria-invalid="true"`); n != 1 {
			t.Errorf("%+v: %d fields are marked", one.page, n)
		}
		if n := strings.Count(page, "data-rule="); n != 5 {
			t.Errorf("%+v: %d rules", one.page, n)
		}
	}
}

// TestLanguageLinks checks that another language keeps the flow, also on a page
// that answers a post.
func TestLanguageLinks(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	v := View{Lang: "ru", Path: "/login/password"}
	mustHold(t, render(t, u, v, LoginPassword{Flow: "a+b"}), `href="/login?flow=a%2Bb&amp;lang=en"`)
	v.Path = "/account?x=1&lang=ru"
	mustHold(t, render(t, u, v, Account{Level: "standard"}), `href="/account?lang=en&amp;x=1"`)
	v.Path = "//evil.example/"
	if page := render(t, u, v, Account{Level: "standard"}); strings.Contains(page, "evil") {
		t.Error("a link to a language leads away")
	}
}

// TestAway lets apps with schemes of their own be returned to, and nothing run.
func TestAway(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	page := render(t, u, View{Lang: "ru"}, Finish{URL: "com.example.bank:/cb?code=c&state=s", Service: "Банк"})
	mustHold(t, page, `content="0; url=com.example.bank:/cb?code=c&amp;state=s"`, `href="com.example.bank:/cb?code=c&amp;state=s"`)
	for _, address := range []string{"javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "data:text/html,x", "vbscript:x"} {
		page := render(t, u, View{Lang: "ru"}, Finish{URL: address})
		if strings.Contains(strings.ToLower(page), "script:") || strings.Contains(page, "data:") {
			t.Errorf("%s is let through", address)
		}
	}
}

// TestView checks what the view adds: a chosen theme, the host of the provider.
func TestView(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	mustHold(t, render(t, u, View{Lang: "ru", Theme: "dark"}, Home{}), `data-theme="dark"`, `content="dark"`)
	if page := render(t, u, View{Lang: "ru"}, Home{}); strings.Contains(page, "data-theme") {
		t.Error("a theme is marked that nobody chose")
	}
	mustHold(t, render(t, u, View{Lang: "en", Issuer: "https://id.example.ru"}, Home{}), "<strong>id.example.ru</strong>")
	if err := u.Render(nil, View{Lang: "xx"}, Home{}); err == nil {
		t.Error("an unknown language is no error")
	}
}
