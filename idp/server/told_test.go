package server_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"vhod/idp"
	"vhod/store/storetest"
)

// TestLapsedSessionIsTold: who comes back after a pause is told why to sign in again,
// and nobody else is.
func TestLapsedSessionIsTold(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	p.person("+79990000001", nil)
	const notice = "Вы давно ничего не делали, войдите снова."
	b := p.browser()
	if b.get("/account").expect(http.StatusOK, "/login"); strings.Contains(b.body, notice) {
		t.Error("a stranger is told of a pause")
	}
	b.signIn("+79990000001").expect(http.StatusOK, "/account")
	clock.Advance(idp.SessionIdle + time.Minute)
	if b.get("/account/profile").expect(http.StatusOK, "/login"); !strings.Contains(b.body, notice) {
		t.Errorf("not told: %s", b.body)
	}
	b.signIn("+79990000001").expect(http.StatusOK, "/account/profile")
	b.post("/account/sign-out", url.Values{})
	if b.get("/account").expect(http.StatusOK, "/login"); strings.Contains(b.body, notice) {
		t.Error("who signed out is told of a pause")
	}
}

// TestMissingFieldsAreNamed: what is missing of login and password is told at its field.
func TestMissingFieldsAreNamed(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	const login, password = `<a href="#login">Введите телефон, электронную почту или СНИЛС.</a>`, `<a href="#password">Введите пароль.</a>`
	for _, one := range []struct {
		form            url.Values
		login, password bool
	}{
		{url.Values{}, true, true},
		{url.Values{"login": {"+79990000001"}}, false, true},
		{url.Values{"password": {"x"}}, true, false},
	} {
		b := p.browser()
		b.get("/login").post("/login/password", one.form).expect(http.StatusUnprocessableEntity, "/login/password")
		if strings.Contains(b.body, login) != one.login || strings.Contains(b.body, password) != one.password {
			t.Errorf("%v: %s", one.form, b.body)
		}
	}
}

// TestProgramsAreToldWhatIsNotThere: an address or a method that is none of ours is no
// invalid request.
func TestProgramsAreToldWhatIsNotThere(t *testing.T) {
	t.Parallel()
	db, clock := storetest.Open(t, storetest.SQLite)
	p := newProvider(t, db, clock)
	for _, one := range []struct{ method, path, want string }{
		{http.MethodGet, "/nowhere", `"error":"not_found"`},
		{http.MethodGet, "/oauth2/token", `"error":"method_not_allowed"`},
	} {
		r, err := http.NewRequestWithContext(t.Context(), one.method, p.url+one.path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		if err := errors.Join(err, answer.Body.Close()); err != nil || !strings.Contains(string(body), one.want) {
			t.Errorf("%s %s: %s, %v", one.method, one.path, body, err)
		}
	}
}
