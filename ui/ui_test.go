package ui

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// pages are all pages, as full as they can be.
func pages() []Page {
	at := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	bad := Field{Value: "x", Error: T(ContactInvalid)}
	return []Page{
		Home{}, Home{Person: "Тестов Иван"},
		LoginPassword{Flow: "f", Service: "Банк", Login: "+7", Error: T(LoginBlocked, "Count", 5), Notice: T(FlowRestarted), RegisterURL: "/register?flow=f"},
		Code{Flow: "f", Action: "/login/sms", Title: T("code.title_login"), Masked: "+7 ··· 01", Field: Field{Error: T(CodeWrong, "Count", 2)}, ResendIn: 30 * time.Second, Delivery: "failed", Notice: T(NoticeCodeSent)},
		Code{Flow: "f", Action: "/register/code", Title: T("code.title_register"), Masked: "i···v@example.ru", Email: true, ChangeURL: "/register?flow=f"},
		RegisterContact{Flow: "f", Service: "Банк", Contact: bad, ConsentsError: T(ConsentsMissing), LoginURL: "/login?flow=f"},
		RegisterLink{Token: "t"}, RegisterLink{Error: T(LinkInvalid)},
		RegisterPassword{Flow: "f", Login: "+79990000001", Notice: T(NoticeResumed), Error: T(PasswordsDiffer), Broken: []Text{T(PasswordTooShort, "Length", 12), T(PasswordRun)}},
		RegisterPerson{Flow: "f", Surname: bad, Name: bad, Patronymic: bad, BirthDate: Field{Error: T(TooYoung, "Age", 18)}, Error: T(RegisterTaken)},
		Consent{Flow: "f", Service: "Банк", Description: "d", Person: "Тестов Иван", PolicyURL: "https://bank.example/p", TermsURL: "https://bank.example/t", Scopes: scopes()},
		SelectAccount{Flow: "f", Service: "Банк", Person: "Тестов Иван"},
		LevelRequired{Flow: "f", Service: "Банк", Lacks: "level", Required: "confirmed", Current: "standard"}, LevelRequired{Flow: "f", Service: "Банк", Lacks: "second_factor"},
		Finish{URL: "https://bank.example/cb?code=c", Service: "Банк"},
		FormPost{Action: "https://bank.example/cb", Service: "Банк", Fields: []FormField{{"code", "c"}}},
		Logout{Service: "Банк", Fields: []FormField{{"state", "s"}}}, LoggedOut{},
		Account{Person: "Тестов Иван", Level: "simplified", SecondFactor: true, Sessions: 2, Services: 5, Notice: T(NoticeRegistered)},
		AccountProfile{Rows: []ProfileRow{{"surname", "Тестов", false}, {"phone", "+7", true}, {"snils", "", false}}},
		AccountSessions{Sessions: []AccountSession{{"id", "Firefox", "192.0.2.1", at, at, true, "Linux"}, {"id2", "Chrome", "192.0.2.2", at, at, false, ""}}, Notice: T(NoticeSessionEnded)},
		AccountServices{Services: []AccountService{{"bank", "Банк", []string{"profile"}, at}}, Notice: T(NoticeWithdrawn)}, AccountServices{},
		AccountSecurity{}, AccountSecurity{SecondFactor: true, Masked: "+7 ··· 01"}, AccountSecurity{Masked: "+7 ··· 01"}, AccountSecurity{SecondFactor: true, Masked: "+7 ··· 01", Compulsory: true, Notice: T(NoticeSecondFactor)},
		AccountPassword{Login: "+7", Error: T(PasswordEmpty), Broken: []Text{T(PasswordFormer)}},
		Error{Status: 400, Number: "N", What: T(ErrorRedirectURI)}, Error{Status: 403, Number: "N"}, Error{Status: 404, Number: "N"}, Error{Status: 429, Number: "N", RetryAfter: time.Second},
		Error{Status: 500, Number: "N", BackURL: "https://bank.example", BackName: "Банк"}, Error{Status: 503, Number: "N"},
		Help{HelpText{Title: "t", Body: "<p>b</p>"}},
		SandboxInbox{Messages: []SandboxMessage{{"sms", "+7", "", "text", "123456", "", at}}, People: []SandboxPerson{{"l", "p", "n", "1", "standard", "note"}}, Now: at}, SandboxInbox{},
	}
}

func scopes() []ConsentScope {
	var all []ConsentScope
	for _, name := range []string{"profile", "phone", "email", "address", "snils", "inn", "id_doc", "birthplace", "citizenship", "level", "offline_access", "openid"} {
		all = append(all, ConsentScope{Name: name, Reason: "чтобы", Granted: name == "phone"})
	}
	return all
}

func render(t *testing.T, u *UI, lang string, p Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := u.Render(&out, View{Lang: lang, RequestID: "ID", Path: "/login?flow=a", Sandbox: true}, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := range n.ChildNodes() {
		walk(c, visit)
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

// TestPages checks each page in each language: one heading, a label for every
// field, no duplicate id, nothing inline, within the budget of 8 kB.
func TestPages(t *testing.T) {
	t.Parallel()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, lang := range Languages() {
		for n, p := range pages() {
			t.Run(fmt.Sprintf("%s/%s-%d", lang, p.Template(), n), func(t *testing.T) {
				t.Parallel()
				text := render(t, u, lang, p)
				if _, sandbox := p.(SandboxInbox); len(text) > 8<<10 && !sandbox {
					t.Errorf("%d bytes, want at most 8 kB", len(text))
				}
				doc, err := html.Parse(strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				checkDocument(t, doc, lang)
			})
		}
	}
}

func checkDocument(t *testing.T, doc *html.Node, lang string) {
	t.Helper()
	headings, submits := 0, 0
	ids, labelled, fields := map[string]int{}, map[string]bool{}, []*html.Node{}
	walk(doc, func(n *html.Node) {
		if n.Type != html.ElementNode {
			return
		}
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("inline %s on <%s>", a.Key, n.Data)
			}
		}
		if id, ok := attr(n, "id"); ok {
			ids[id]++
			if id == "submit" {
				submits++
			}
		}
		switch n.Data {
		case "h1":
			headings++
		case "html":
			if got, _ := attr(n, "lang"); got != lang {
				t.Errorf("lang = %q, want %q", got, lang)
			}
		case "script", "style":
			if n.FirstChild != nil {
				t.Errorf("inline <%s>", n.Data)
			}
		case "label":
			id, _ := attr(n, "for")
			labelled[id] = true
		case "input":
			if kind, _ := attr(n, "type"); kind != "hidden" {
				fields = append(fields, n)
			}
		}
	})
	if headings != 1 {
		t.Errorf("%d h1, want one", headings)
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for _, f := range fields {
		id, _ := attr(f, "id")
		if _, named := attr(f, "aria-label"); !named && !labelled[id] {
			t.Errorf("field %q has no label", id)
		}
		if described, ok := attr(f, "aria-describedby"); ok {
			for _, part := range strings.Fields(described) {
				if ids[part] == 0 {
					t.Errorf("field %q is described by %q, which is not there", id, part)
				}
			}
		}
	}
}

// TestInjection puts markup into every string of every page.
func TestInjection(t *testing.T) {
	t.Parallel()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	const probe = `"><script>x</script><img src=x onerror=x>'`
	for _, p := range pages() {
		if _, help := p.(Help); help {
			continue // its text is ours
		}
		v := reflect.New(reflect.TypeOf(p)).Elem()
		v.Set(reflect.ValueOf(p))
		poison(v, probe)
		page, ok := v.Interface().(Page)
		if !ok {
			t.Fatalf("%T is no page", v.Interface())
		}
		text := render(t, u, "ru", page)
		if strings.Contains(text, "<script>x") || strings.Contains(text, "<img src=x") {
			t.Errorf("%s lets markup through", p.Template())
		}
	}
}

// poison sets every free string; ids of texts and codes that choose a text stay.
func poison(v reflect.Value, probe string) {
	switch v.Kind() {
	case reflect.Struct:
		if _, text := v.Interface().(Text); text {
			return
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if slices.Contains([]string{"Level", "Required", "Current", "Lacks", "Label", "Delivery"}, name) || v.Type() == reflect.TypeFor[ConsentScope]() && name == "Name" || name == "Scopes" && v.Type() == reflect.TypeFor[AccountService]() {
				continue
			}
			if v.Field(i).CanSet() {
				poison(v.Field(i), probe)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			poison(v.Index(i), probe)
		}
	case reflect.String:
		v.SetString(probe)
	default:
	}
}

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

func TestMessages(t *testing.T) {
	t.Parallel()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	args := map[string]any{"Code": "123456", "Host": "id.example.ru", "Link": "https://id.example.ru/l"}
	for _, lang := range Languages() {
		for _, name := range []string{MessageRegisterSMS, MessageExistingSMS, MessageLoginSMS, MessagePasswordSMS, MessageBlockedSMS, MessageRegisterEmail, MessageExistingEmail, MessagePasswordEmail, MessageBlockedEmail} {
			m, err := u.Message(lang, name, args)
			if err != nil {
				t.Error(err)
			}
			if strings.HasSuffix(name, "_code_sms") && !strings.HasSuffix(m.Text, "\n@id.example.ru #123456") {
				t.Errorf("%s: the last line must bind the code to the domain: %q", name, m.Text)
			}
			if strings.HasSuffix(name, "_email") == (m.Subject == "") || strings.Contains(m.Text, "<no value>") {
				t.Errorf("%s: %+v", name, m)
			}
		}
	}
}

func TestTextsExist(t *testing.T) {
	t.Parallel()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{LoginWrong, LoginEmpty, LoginAccountBlocked, FlowRestarted, CodeEmpty, CodeExpired, CodeTries, LinkInvalid, ContactEmpty, ContactInvalid, PhoneInvalid, EmailInvalid,
		EmailDisposable, EmailRole, EmailDomain, ConsentsMissing, SurnameEmpty, NameEmpty, NameInvalid, BirthDateEmpty, BirthDateInvalid, BirthDateFuture, RegisterTaken, PasswordEmpty, PasswordsDiffer,
		PasswordNoUpper, PasswordNoLower, PasswordNoDigit, PasswordNoSpecial, PasswordRun, PasswordCommon, PasswordPersonal, PasswordFormer, NoticePassword, NoticeSecondFactor, NoticeWithdrawn,
		NoticeSessionEnded, NoticeRegistered, NoticeResumed, NoticeCodeSent, ErrorRedirectURI, ErrorClientUnknown, ErrorRequest} {
		for _, lang := range Languages() {
			if _, err := u.texts[lang].get(id, nil); err != nil {
				t.Errorf("%s in %s: %v", id, lang, err)
			}
		}
	}
	for _, id := range []string{LoginBlocked, CodeWrong, CodeBlocked, ResendPause, MessageBudget} {
		if text, err := u.texts["ru"].get(id, map[string]any{"Count": 22}); err != nil || !strings.Contains(text, "22") {
			t.Errorf("%s = %q, %v", id, text, err)
		}
	}
	if _, err := u.texts["ru"].get("nothing", nil); err == nil {
		t.Error("a missing text is no error")
	}
}

// TestFirstVisit weighs what a browser loads for the sign-in page.
func TestFirstVisit(t *testing.T) {
	t.Parallel()
	u, err := New()
	if err != nil {
		t.Fatal(err)
	}
	total := compressed(t, []byte(render(t, u, "ru", LoginPassword{Flow: strings.Repeat("f", 1500), RegisterURL: "/register"})))
	for name := range assets {
		content, err := staticFiles.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		total += compressed(t, content)
	}
	if total > 30<<10 {
		t.Errorf("first visit is %d bytes, want at most 30 kB", total)
	}
	t.Logf("first visit: %d bytes compressed", total)
}

func compressed(t *testing.T, content []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, &out)
	if err != nil {
		t.Fatal(err)
	}
	return int(n)
}

func TestMatchLanguage(t *testing.T) {
	t.Parallel()
	for wishes, want := range map[string]string{
		"": "ru", "en": "en", "ru": "ru", "en-GB,en;q=0.9": "en", "de,en;q=0.5": "en", "uk": "ru", "zz": "ru", "fr-FR": "ru", "*": "ru", ";;;": "ru",
	} {
		if got := MatchLanguage(wishes); got != want {
			t.Errorf("MatchLanguage(%q) = %q, want %q", wishes, got, want)
		}
	}
	if got := MatchLanguage("", "zz", "en"); got != "en" {
		t.Errorf("the first wish that can be met: %q, want en", got)
	}
}
