package ui

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// pages are all pages, as full as they can be and as empty.
func pages() []Page {
	all := append(loginPages(), registerPages()...)
	all = append(all, servicePages()...)
	return append(all, accountPages()...)
}

func sampleTime() time.Time { return time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC) }

func loginPages() []Page {
	return []Page{
		Home{Notice: T(NoticeSignedOut)}, Home{Person: "Тестов Иван"},
		LoginPassword{Flow: "f", Service: "Банк", Login: "+7", Error: T(LoginBlocked, "Count", 5), Notice: T(FlowRestarted), RegisterURL: "/register?flow=f", ReturnURL: "/login/return", BlockedFor: 290 * time.Second, BlockedUntil: sampleTime()},
		LoginPassword{Flow: "f", Login: "+7 ··· 01", Person: "Тестов Иван", Confirm: true, Error: T(ErrorBusy)}, LoginPassword{RegisterURL: "/register", Notice: T(SessionLapsed)}, LoginPassword{LoginError: T(LoginEmpty), PasswordError: T(LoginPasswordEmpty)},
		Code{Flow: "f", Action: "/login/sms", Title: T(TitleCodeLogin), Masked: "+7 ··· 01", Service: "Банк", Other: true, Field: Field{Error: T(CodeWrong, "Count", 2)}, TriesLeft: 2, ResendIn: 30 * time.Second, BlockedFor: time.Minute, Delivery: "failed", Notice: T(NoticeCodeSent), Ways: []Way{{"/login", T("back")}}},
		Code{Flow: "f", Action: "/register/code", Title: T(TitleCodeRegister), Masked: "i···v@example.ru", Email: true, ChangeURL: "/register?flow=f", Step: 2, Delivery: "queued"},
		Code{Action: "/account/code", Title: T(TitleCodeLogin), Masked: "+7 ··· 01", Delivery: "delivered"},
		Code{Action: "/login/sms", Title: T(TitleCodeLogin), Masked: "+7 ··· 01", Unsent: true, ResendIn: time.Second}, Code{Title: T(TitleCodeLogin), Unsent: true, Notice: T(MessageBudget, "Count", 3)}, Code{Title: T(TitleCodeLogin), Delivery: "queued"},
		SelectAccount{Flow: "f", Service: "Банк", Person: "Тестов Иван"},
		LevelRequired{Flow: "f", Service: "Банк", Lacks: "level", Required: "confirmed", Current: "standard"}, LevelRequired{Flow: "f", Service: "Банк", Lacks: "second_factor"},
		LevelRequired{Flow: "f", Service: "Банк", Lacks: "level", Required: "standard", Current: "simplified"}, LevelRequired{Flow: "f", Service: "Банк", Lacks: "level", Required: "simplified", Current: "simplified"},
	}
}

func registerPages() []Page {
	bad := Field{Value: "x", Error: T(NameInvalid)}
	return []Page{
		RegisterContact{Flow: "f", Service: "Банк", Contact: Field{"x", T(ContactInvalid)}, Error: T(MessageBudget, "Count", 3), Notice: T(NoticeResumed), ConsentsError: T(ConsentsMissing), LoginURL: "/login?flow=f", TermsURL: "/help/terms", PersonalDataURL: "/help/personal-data"},
		RegisterContact{Terms: true, PersonalData: true},
		RegisterLink{Token: "t"}, RegisterLink{Error: T(LinkInvalid)},
		RegisterPassword{Flow: "f", Login: "+79990000001", Notice: T(NoticeResumed), Error: T(PasswordsDiffer), Broken: []Text{T(PasswordTooShort, "Length", 12), T(PasswordRun)}},
		RegisterPassword{Rules: []Text{T(PasswordTooShort, "Length", 8)}},
		RegisterPerson{Flow: "f", Surname: bad, Name: bad, Patronymic: bad, BirthDate: Field{Error: T(TooYoung, "Age", 18)}, Error: T(RegisterTaken), Notice: T(NoticeResumed)}, RegisterPerson{Notice: T(NoticeResumed)},
	}
}

func servicePages() []Page {
	return []Page{
		Consent{Flow: "f", Service: "Банк", Description: "d", Person: "Тестов Иван", PolicyURL: "https://bank.example/p", TermsURL: "https://bank.example/t", Scopes: scopes()}, Consent{Flow: "f", Service: "Банк"},
		Finish{URL: "https://bank.example/cb?code=c", Service: "Банк"},
		FormPost{Action: "https://bank.example/cb", Service: "Банк", Fields: []FormField{{"code", "c"}}},
		Logout{Service: "Банк", Fields: []FormField{{"state", "s"}}}, Logout{}, LoggedOut{}, LoggedOut{BackURL: "https://bank.example/", Service: "Банк"},
		Error{Status: 400, Number: "N", What: T(ErrorRedirectURI)}, Error{Status: 403, Number: "N"}, Error{Status: 404, Number: "N"}, Error{Status: 429, Number: "N", RetryAfter: time.Second},
		Error{Status: 500, Number: "N", BackURL: "https://bank.example", BackName: "Банк"}, Error{Status: 503}, Error{Status: 409, Title: T("logout.done"), Next: T("logout.done_text")},
		Help{HelpText{Title: "t", Body: "<p>b</p>"}},
	}
}

func accountPages() []Page {
	at := sampleTime()
	return []Page{
		Account{Person: "Тестов Иван", Level: "simplified", SecondFactor: true, Sessions: 2, Services: 5, Notice: T(NoticeRegistered)}, Account{Level: "standard", Phone: true}, Account{Level: "confirmed", Sessions: 21},
		AccountProfile{Rows: []ProfileRow{{"surname", "Тестов", false, time.Time{}}, {"name", "Иван", false, time.Time{}}, {"patronymic", "", false, time.Time{}}, {"birth_date", "", false, at}, {"phone", "+7", true, time.Time{}}, {"email", "a@example.ru", true, time.Time{}}, {"snils", "", false, time.Time{}}, {"inn", "", false, time.Time{}}, {"oid", "", false, time.Time{}}}},
		AccountSessions{Sessions: []AccountSession{{"id", "Firefox", "192.0.2.1", at, at, true, "Linux"}, {"id2", "Chrome", "192.0.2.2", at, at, false, ""}}, Notice: T(NoticeSessionEnded)},
		AccountServices{Services: []AccountService{{"bank", "Банк", []string{"profile"}, at}}, Notice: T(NoticeWithdrawn)}, AccountServices{},
		AccountSecurity{}, AccountSecurity{SecondFactor: true, Masked: "+7 ··· 01"}, AccountSecurity{Masked: "+7 ··· 01"}, AccountSecurity{SecondFactor: true, Masked: "+7 ··· 01", Compulsory: true, Notice: T(NoticeSecondFactor)},
		AccountConfirm{Change: "second_factor_on", Name: "+7 ··· 01", Action: "/a", Fields: []FormField{{"second_factor", "sms"}}, Back: "/account/security"}, AccountConfirm{Change: "second_factor_off", Back: "/account/security"},
		AccountConfirm{Change: "session", Name: "Firefox"}, AccountConfirm{Change: "sessions"}, AccountConfirm{Change: "sessions_others"}, AccountConfirm{Change: "service", Name: "Банк"},
		AccountPassword{Login: "+7", Error: T(PasswordEmpty), Broken: []Text{T(PasswordFormer)}, Notice: T(NoticePassword)},
		SandboxInbox{Messages: []SandboxMessage{{"sms", "+7", "s", "text", "123456", "http://localhost/l", at}}, People: []SandboxPerson{{"l", "p", "n", "1", "standard", "note"}}, Now: at, ClearURL: "/sandbox/clear"}, SandboxInbox{},
	}
}

func scopes() []ConsentScope {
	var all []ConsentScope
	for _, name := range []string{"profile", "phone", "email", "address", "snils", "inn", "id_doc", "birthplace", "citizenship", "level", "offline_access", "openid"} {
		all = append(all, ConsentScope{Name: name, Reason: "чтобы", Granted: name == "phone", Lacking: name == "snils"})
	}
	return all
}

// renderer parses everything once for a test.
func renderer(t *testing.T) *UI {
	t.Helper()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func view(lang string) View {
	return View{Lang: lang, RequestID: "ID", Path: "/account?a=b", SignedInName: "Тестов И.", Sandbox: true}
}

func render(t *testing.T, u *UI, v View, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := u.Render(&out, v, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// mustHold fails for each part that a page lacks.
func mustHold(t *testing.T, page string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(page, part) {
			t.Errorf("the page has no %q", part)
		}
	}
}
