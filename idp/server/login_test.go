package server_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"vhod/idp"
	"vhod/idp/server"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

func TestSignInWithPasswordAndSMS(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", withSMS)
		b := p.browser()
		b.get("/login").expect(http.StatusOK, "/login")
		b.signIn("8 (999) 000-00-01").expect(http.StatusOK, "/login/sms")
		first := p.code("+79990000001")

		t.Log("reloading the page sends no other code")
		b.get(b.at.RequestURI()).expect(http.StatusOK, "/login/sms")
		if again := p.code("+79990000001"); again != first {
			t.Errorf("a second code was sent")
		}
		wrong := "000000"
		if first == wrong {
			wrong = "000001"
		}
		b.post("/login/sms", url.Values{"code": {wrong}}).expect(http.StatusUnprocessableEntity, "/login/sms")
		if !strings.Contains(b.body, "Неверный код. Осталось 2 попытки.") {
			t.Errorf("wrong code says: %s", b.body)
		}
		b.post("/login/sms", url.Values{"code": {first[:3] + " " + first[3:]}})
		if b.at.Path != "/account" {
			t.Fatalf("after the code at %s (%d): %s", b.at, b.status, b.body)
		}
		b.get("/").expect(http.StatusOK, "/")
		if !strings.Contains(b.body, "Тестов Иван Петрович") {
			t.Errorf("the start page does not greet: %s", b.body)
		}
	})
}

// TestConfirmBeforeAChange: whoever is signed in is asked for the password alone,
// told why, and comes back to what was begun.
func TestConfirmBeforeAChange(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", nil)
		p.person("+79990000002", nil)
		b := p.browser()
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/account")
		clock.Advance(idp.SudoWindow + time.Second)
		b.post("/account/second-factor", url.Values{"second_factor": {"sms"}}).expect(http.StatusOK, "/login")
		for name, typed := range map[string]string{"": "", "Введите пароль.": "", "Неверный пароль.": "wrong"} {
			if name != "" {
				b.post("/login/password", url.Values{"login": {"+79990000002"}, "password": {typed}}).expect(http.StatusUnprocessableEntity, "/login/password")
			}
			for _, part := range []string{name, "Подтвердите, что это вы", "прошло больше 10 минут", "Тестов Иван Петрович", `value="&#43;79990000001"`} {
				if !strings.Contains(b.body, part) {
					t.Errorf("the page has no %q: %s", part, b.body)
				}
			}
			if strings.Contains(b.body, `id="login"`) || strings.Contains(b.body, "/register?") || strings.Contains(b.body, "79990000002") {
				t.Errorf("the page asks who it is: %s", b.body)
			}
		}
		t.Log("the page of a person is no page of the next one")
		confirm := b.flow()
		b.post("/account/sign-out", url.Values{})
		b.get("/login").signIn("+79990000002")
		clock.Advance(idp.SudoWindow + time.Second)
		b.post("/login/password", url.Values{"flow": {confirm}, "password": {testPassword}}).expect(http.StatusOK, "/login")
		if !strings.Contains(b.body, `value="&#43;79990000002"`) {
			t.Errorf("the page is another's: %s", b.body)
		}
		b.post("/login/password", url.Values{"password": {testPassword}}).expect(http.StatusOK, "/account/second-factor")
		if !strings.Contains(b.body, `value="sms"`) {
			t.Errorf("the change is lost: %s", b.body)
		}
	})
}

// TestSigningOutIsTold: each page of the own account lets go, and the page that
// follows says so.
func TestSigningOutIsTold(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", nil)
	b := p.browser()
	const form = `<form method="post" action="/account/sign-out">`
	for post, notice := range map[string]string{"/account/sign-out": "Вы вышли из учётной записи. В сервисах, куда вы уже вошли, вы остаётесь", "/account/sessions/end-all": "Вы вышли из учётной записи на всех устройствах. В сервисах, куда вы уже вошли, вы остаётесь"} {
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/account")
		for _, path := range []string{"/", "/account", "/account/profile", "/account/security", "/account/sessions", "/account/services", "/account/password", "/account/second-factor?second_factor=sms"} {
			if b.get(path); b.status != http.StatusOK || !strings.Contains(b.body, form) {
				t.Errorf("%s cannot be left: %d", path, b.status)
			}
		}
		if b.get("/?done=signed-out"); strings.Contains(b.body, "Вы вышли из") {
			t.Error("whoever is signed in is told the contrary")
		}
		b.get("/account/sessions").post(post, url.Values{}).expect(http.StatusOK, "/")
		if !strings.Contains(b.body, notice) || strings.Contains(b.body, form) {
			t.Errorf("after %s: %s", post, b.body)
		}
	}
	if b.get("/?done=x"); strings.Contains(b.body, `role="status"`) {
		t.Error("a notice of a stranger's choice")
	}
}

func TestSMSCodeHasThreeTriesAndFiveMinutes(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", withSMS)
	b := p.browser()
	b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/login/sms")
	code := p.code("+79990000001")
	wrong := "000000"
	if code == wrong {
		wrong = "000001"
	}
	for range 3 {
		b.post("/login/sms", url.Values{"code": {wrong}})
	}
	if !strings.Contains(b.body, "Попытки закончились") {
		t.Errorf("third wrong code says: %s", b.body)
	}
	b.post("/login/sms", url.Values{"code": {code}}).expect(http.StatusUnprocessableEntity, "/login/sms")
	if !strings.Contains(b.body, "Код больше не действует") {
		t.Errorf("the right code after three wrong ones says: %s", b.body)
	}
	b.post("/login/sms", url.Values{"action": {"resend"}}).expect(http.StatusTooManyRequests, "/login/sms")
	clock.Advance(61 * time.Second)
	b.post("/login/sms", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/login/sms")
	late := p.code("+79990000001")
	clock.Advance(5*time.Minute + time.Second)
	b.post("/login/sms", url.Values{"code": {late}}).expect(http.StatusUnprocessableEntity, "/login/sms")
}

// TestSMSInAnotherTab: who begins anew a moment later is not sent another code, and
// enters the one that was sent.
func TestSMSInAnotherTab(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", withSMS)
		p.browser().get("/login").signIn("+79990000001").expect(http.StatusOK, "/login/sms")
		code := p.code("+79990000001")
		clock.Advance(20 * time.Second)
		b := p.browser()
		b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/login/sms")
		if !strings.Contains(b.body, `data-left="40"`) {
			t.Errorf("no countdown: %s", b.body)
		}

		t.Log("what cannot be a code costs no try")
		for range 4 {
			b.post("/login/sms", url.Values{"code": {"12345"}}).expect(http.StatusUnprocessableEntity, "/login/sms")
		}
		b.post("/login/sms", url.Values{"code": {code}})
		if b.at.Path != "/account" {
			t.Fatalf("after the code at %s (%d): %s", b.at, b.status, b.body)
		}

		t.Log("a spent code is offered to no tab, nor is one said to be sent")
		b = p.browser()
		b.get("/login").signIn("+79990000001").expect(http.StatusTooManyRequests, "/login/sms")
		if !strings.Contains(b.body, "Сейчас новый код отправить нельзя") || strings.Contains(b.body, "Отправили SMS") || strings.Contains(b.body, "Отправляем SMS") {
			t.Errorf("without a code: %s", b.body)
		}
		if !strings.Contains(b.body, "Отправить код") || strings.Contains(b.body, "Ошибка") || strings.Contains(b.body, "aria-invalid") {
			t.Errorf("waiting for the first code is told as an error: %s", b.body)
		}
	})
}

// TestLoginsOfOneAccountAreCountedApart: wrong passwords under its phone say nothing
// about whose the e-mail address is.
func TestLoginsOfOneAccountAreCountedApart(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", func(n *store.NewPerson) {
			n.Identifiers = append(n.Identifiers, store.Identifier{Kind: idp.IdentifierEmail, Values: p.Ring.Index(string(idp.IdentifierEmail), "citizen@example.org")})
		})
		b := p.browser()
		for _, login := range []string{"+79990000001", "citizen@example.org"} {
			for n := range 4 {
				b.get("/login").post("/login/password", url.Values{"login": {login}, "password": {"wrong"}})
				if b.status != http.StatusUnprocessableEntity {
					t.Errorf("%s, try %d: %d", login, n+1, b.status)
				}
			}
		}
	})
}

// TestUnknownAndKnownLoginsAreAlike compares the answers and the work.
func TestUnknownAndKnownLoginsAreAlike(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		p.person("+79990000001", nil)
		known, unknown := p.browser(), p.browser()
		for n := range 7 {
			for _, one := range []struct {
				b     *browser
				login string
			}{{known, "+79990000001"}, {unknown, "+79990000009"}} {
				one.b.get("/login").post("/login/password", url.Values{"login": {one.login}, "password": {"wrong"}})
			}
			if known.status != unknown.status || problem(known.body) != problem(unknown.body) || problem(known.body) == "" {
				t.Fatalf("try %d: known %d %q, unknown %d %q", n+1, known.status, problem(known.body), unknown.status, problem(unknown.body))
			}
			if n >= 4 != (known.status == http.StatusTooManyRequests) {
				t.Errorf("try %d: status %d", n+1, known.status)
			}
		}
		trips := loginTrips(p.log.String())
		for n := 0; n+1 < len(trips); n += 2 {
			if trips[n] != trips[n+1] {
				t.Errorf("round trips of the tries: %v", trips)
			}
		}
		t.Log("the right password does not open a blocked login, and does after the time")
		known.get("/login").signIn("+79990000001").expect(http.StatusTooManyRequests, "/login/password")
		clock.Advance(7 * time.Hour)
		known.get("/login").signIn("+79990000001")
		if known.at.Path != "/account" {
			t.Errorf("after the block: %s %d", known.at, known.status)
		}
	})
}

func TestProofsDoNotOutliveWhatTheyWereGivenFor(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := newProvider(t, db, clock)
		s := p.person("+79990000001", withSMS)
		half := func() (*browser, string) {
			clock.Advance(6 * time.Minute) // past the pause after three messages in ten minutes
			b := p.browser()
			b.get("/login").signIn("+79990000001").expect(http.StatusOK, "/login/sms")
			return b, p.code("+79990000001")
		}

		t.Log("after the account was secured")
		b, code := half()
		if err := db.Secure(t.Context(), s, nil, clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.post("/login/sms", url.Values{"code": {code}}).expect(http.StatusOK, "/login")

		t.Log("after the account was blocked, and while it is")
		b, code = half()
		if err := db.Secure(t.Context(), s, nil, clock.Now(), store.SetStatus(s.Account.OID, idp.StatusActive, idp.StatusBlocked, clock.Now())); err != nil {
			t.Fatal(err)
		}
		b.post("/login/sms", url.Values{"code": {code}}).expect(http.StatusOK, "/login")
		b.signIn("+79990000001").expect(http.StatusForbidden, "/login/password")
		if err := db.Write(t.Context(), store.SetStatus(s.Account.OID, idp.StatusBlocked, idp.StatusActive, clock.Now())); err != nil {
			t.Fatal(err)
		}

		t.Log("in another browser")
		b, code = half()
		other := p.browser()
		other.post("/login/sms", url.Values{"code": {code}, "flow": {b.flow()}}).expect(http.StatusOK, "/login")

		t.Log("after fifteen minutes")
		b, _ = half()
		clock.Advance(idp.ProofLife + time.Second)
		b.post("/login/sms", url.Values{"action": {"resend"}}).expect(http.StatusOK, "/login")

		t.Log("twice")
		b, code = half()
		flow := b.flow()
		before := b.cookies()
		b.post("/login/sms", url.Values{"code": {code}})
		if b.at.Path != "/account" {
			t.Fatalf("at %s", b.at)
		}
		again := p.browser()
		again.client.Jar.SetCookies(b.at, before)
		again.post("/login/sms", url.Values{"code": {code}, "flow": {flow}})
		if again.at.Path == "/account" {
			t.Errorf("a finished flow was finished again")
		}

		t.Log("on a device whose session was ended, where the next sign-in succeeds")
		clock.Advance(idp.SudoWindow + time.Second)
		b.get("/account/password").post("/login/password", url.Values{"password": {testPassword}}).expect(http.StatusOK, "/login/sms")
		all, err := db.Sessions(t.Context(), s, clock.Now())
		if err != nil || len(all) != 1 {
			t.Fatal(all, err)
		}
		if err := db.EndSession(t.Context(), s.Account.OID, all[0].ID, clock.Now()); err != nil {
			t.Fatal(err)
		}
		b.post("/login/sms", url.Values{"code": {p.code("+79990000001")}}).expect(http.StatusOK, "/login")
		clock.Advance(time.Hour)
		b.signIn("+79990000001").post("/login/sms", url.Values{"code": {p.code("+79990000001")}}).expect(http.StatusOK, "/account/password")
	})
}

func TestForgedPosts(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", withSMS)
	for _, flow := range []string{"", "x", strings.Repeat("A", 5000), "~00000000-0000-0000-0000-000000000000", "a.b", "\x00"} {
		b := p.browser()
		for _, path := range []string{"/login/sms", "/login/account", "/login/level", "/consent"} {
			b.post(path, url.Values{"flow": {flow}, "code": {"123456"}, "decision": {"allow"}}).expect(http.StatusOK, "/login")
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/login/password", strings.NewReader("login=a&password=b"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", "https://evil.example")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if b := p.browser().do(r); b.status != http.StatusForbidden {
		t.Errorf("a post from another site: %d, want 403", b.status)
	}
}

func TestLogHoldsNothingPersonal(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", withSMS)
	b := p.browser()
	b.get("/login").signIn("+79990000001")
	code := p.code("+79990000001")
	b.post("/login/sms", url.Values{"code": {code}})
	log := p.log.String()
	for _, secret := range []string{"9990000001", testPassword, code, "Тестов", "flow=", "127.0.0.1"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q:\n%s", secret, log)
		}
	}
}

// TestForwardedFor: the address of a person is what a proxy on this machine says,
// and only when one was configured; the outermost part that a stranger can write
// does not count.
func TestForwardedFor(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		behind bool
		want   string
	}{"behind a proxy": {true, "192.0.2.7"}, "direct": {false, "127.0.0.1"}} {
		db, clock := storetest.Open(t, storetest.SQLite)
		p := newProvider(t, db, clock, func(config *server.Config) {
			if c.behind {
				config.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
		})
		s := p.person("+79990000001", nil)
		b := p.browser()
		b.get("/login")
		form := url.Values{"login": {"+79990000001"}, "password": {testPassword}, "flow": {b.flow()}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.url+"/login/password", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", p.url)
		r.Header.Set("X-Forwarded-For", "203.0.113.9, 192.0.2.7")
		b.do(r)
		all, err := db.Sessions(t.Context(), s, clock.Now())
		if err != nil || len(all) != 1 || all[0].Device.IP != c.want {
			t.Errorf("%s: sessions %+v, %v, want the address %s", name, all, err, c.want)
		}
	}
}

// TestFloodOfPasswords: when more sign in than can be hashed the page says so and
// keeps what was typed, nobody is blocked for it, and the rest get in.
func TestFloodOfPasswords(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock, func(config *server.Config) { config.Password = keys.Cost{Memory: 65536, Time: 16, Threads: 1} })
	p.person("+79990000001", nil)
	var wg sync.WaitGroup
	var mu sync.Mutex
	statuses := map[int]int{}
	for n := range 40 {
		b := p.browser().get("/login")
		login := fmt.Sprintf("person%d@example.ru", n)
		wg.Go(func() {
			b.post("/login/password", url.Values{"login": {login}, "password": {"wrong"}})
			mu.Lock()
			defer mu.Unlock()
			statuses[b.status]++
			if b.status == http.StatusServiceUnavailable && (b.header.Get("Retry-After") == "" || !strings.Contains(b.body, login)) {
				t.Errorf("busy without Retry-After or what was typed: %v %s", b.header, b.body)
			}
		})
	}
	wg.Wait()
	if statuses[http.StatusServiceUnavailable] == 0 || statuses[http.StatusServiceUnavailable]+statuses[http.StatusUnprocessableEntity] != 40 {
		t.Errorf("a flood was let through: %v", statuses)
	}
	b := p.browser().get("/login").signIn("+79990000001")
	if b.at.Path != "/account" {
		t.Errorf("after the flood at %s with %d", b.at, b.status)
	}
	t.Logf("answers: %v", statuses)
}
