package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp/notify"
	"vhod/store"
)

func TestAPIPeople(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	var all []sandboxPerson
	s.call(t, http.StatusOK, http.MethodGet, "/sandbox/api/people", "", &all)
	if len(all) != len(seeds()) {
		t.Fatalf("%d people, want %d", len(all), len(seeds()))
	}
	var one sandboxPerson
	s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people", `{}`, &one)
	if one.Level != "confirmed" || one.Kind != "personal" || one.Phone == "" || one.Email == "" || one.SNILS == "" || one.INN == "" || one.Login != one.Phone {
		t.Errorf("made %+v", one)
	}
	s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people",
		`{"level":"simplified","kind":"personal","status":"blocked","surname":"Проверкина","name":"Зоя","birth_date":"2000-02-29","lang":"en","phone":false,"second_factor":false,"note":"n"}`, &one)
	if one.Level != "simplified" || one.Name != "Проверкина Зоя" || one.Phone != "" || one.Login != one.Email || one.SNILS != "" || one.Note != "n" {
		t.Errorf("made %+v", one)
	}
	s.call(t, http.StatusOK, http.MethodGet, "/sandbox/api/people", "", &all)
	if len(all) != len(seeds())+2 || all[len(all)-1] != one {
		t.Errorf("the list ends with %+v", all[len(all)-1])
	}
}

// TestPageLanguages: the English page has English notes, the Russian one Russian.
func TestPageLanguages(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	s.call(t, http.StatusCreated, http.MethodPost, "/sandbox/api/people", `{"note":"своя"}`, nil)
	for lang, words := range map[string][2]string{"ru": {"семь открытых сеансов", "seven open sessions"}, "en": {"seven open sessions", "семь открытых сеансов"}} {
		page := s.call(t, http.StatusOK, http.MethodGet, "/sandbox?lang="+lang, "", nil)
		if !strings.Contains(page, words[0]) || strings.Contains(page, words[1]) || !strings.Contains(page, "своя") {
			t.Errorf("%s: %s", lang, page)
		}
	}
}

func TestAPIRefuses(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	for _, c := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"people", ``, 415, "application/json"},
		{"people", `{`, 400, "unexpected EOF"},
		{"people", `{} {}`, 400, "more than one"},
		{"people", `[]`, 400, "array"},
		{"people", `{"level":5}`, 400, "level"},
		{"people", `{"frob":1}`, 400, "frob"},
		{"people", `{"note":"` + strings.Repeat("n", maxRequest) + `"}`, 413, "too long"},
		{"people", `{"note":"` + strings.Repeat("n", maxNote+1) + `"}`, 422, "note"},
		{"people", `{"level":"divine"}`, 422, "level"},
		{"people", `{"kind":"legal"}`, 422, "kind"},
		{"people", `{"status":"deleted"}`, 422, "status"},
		{"people", `{"phone":false,"email":false}`, 422, "phone or email"},
		{"people", `{"phone":false,"second_factor":true}`, 422, "second_factor"},
		{"people", `{"name":"Test"}`, 422, "surname"},
		{"people", `{"surname":"Те5тов","name":"Иван"}`, 422, "surname"},
		{"people", `{"birth_date":"31.12.1990"}`, 422, "birth_date"},
		{"people", `{"birth_date":"2990-12-31"}`, 422, "birth_date"},
		{"people", `{"lang":"de"}`, 422, "lang"},
		{"clock", `{}`, 422, "advance"},
		{"clock", `{"advance":"soon"}`, 422, "advance"},
		{"clock", `{"advance":"-1h"}`, 422, "forward"},
		{"clock", `{"advance":"0s"}`, 422, "forward"},
		{"clock", `{"advance":"99999h"}`, 422, "forward"},
		{"clock", `{"back":"1h"}`, 400, "back"},
		{"faults", `{"sms":"slow"}`, 422, "sms"},
		{"faults", `{"sms":""}`, 422, "sms"},
		{"faults", `{"sms":"down","mail":"up"}`, 422, "mail"},
		{"faults", `{"registry":"down"}`, 400, "registry"},
	} {
		var answer struct {
			Error       string `json:"error"`
			Description string `json:"error_description"`
		}
		s.call(t, c.status, http.MethodPost, "/sandbox/api/"+c.path, c.body, &answer)
		if answer.Error != "invalid_request" || !strings.Contains(answer.Description, c.want) {
			t.Errorf("%s %.60s: %+v, want one with %q", c.path, c.body, answer, c.want)
		}
	}
	if s.clock.Offset() != 0 || s.sms.Down.Load() {
		t.Error("a refused request did something")
	}
	s.call(t, http.StatusBadRequest, http.MethodGet, "/sandbox/api/messages?after=yesterday", "", nil)
	s.call(t, http.StatusBadRequest, http.MethodGet, "/sandbox/api/messages?to="+strings.Repeat("a", maxNote+1), "", nil)
	s.call(t, http.StatusMethodNotAllowed, http.MethodGet, "/sandbox/api/clock", "", nil)
	s.call(t, http.StatusNotFound, http.MethodGet, "/sandbox/api/frob", "", nil)
}

// TestAPIForeignPage: a page of another site cannot move the clock through the
// browser of who tries the sandbox.
func TestAPIForeignPage(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/sandbox/api/clock", strings.NewReader(`{"advance":"1h"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	s.provider.Handler().ServeHTTP(w, r)
	if w.Code != http.StatusForbidden || s.clock.Offset() != 0 {
		t.Errorf("status %d, the clock %s ahead", w.Code, s.clock.Offset())
	}
}

func TestAPIMessages(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	send := func(channel, to, code string) {
		t.Helper()
		err := s.db.AddInbox(t.Context(), store.InboxMessage{ID: uuid.New(), Channel: channel, To: to, Text: "code " + code, Code: code, SentAt: s.clock.Now()})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.clock.Advance(time.Second); err != nil {
			t.Fatal(err)
		}
	}
	send(notify.SMS, "+79990000001", "111111")
	send(notify.Email, "person-2@example.com", "222222")
	send(notify.SMS, "+79990000001", "333333")
	codes := func(query string) string {
		t.Helper()
		var all []sandboxMessage
		s.call(t, http.StatusOK, http.MethodGet, "/sandbox/api/messages"+query, "", &all)
		var found []string
		for _, m := range all {
			found = append(found, m.Code)
		}
		return strings.Join(found, " ")
	}
	var all []sandboxMessage
	s.call(t, http.StatusOK, http.MethodGet, "/sandbox/api/messages", "", &all)
	for query, want := range map[string]string{
		"":                                  "333333 222222 111111",
		"?to=%2B79990000001":                "333333 111111",
		"?to=+79990000001":                  "333333 111111", // a plus that reads as a space
		"?to=8%20999%20000-00-01":           "333333 111111",
		"?to=person-2@example.com":          "222222",
		"?to=nobody@example.com":            "",
		"?after=" + stamp(all[1].SentAt):    "333333",
		"?after=" + stamp(all[0].SentAt):    "",
		"?to=x&after=2026-01-01T00:00:00Z":  "",
		"?after=2026-01-01T00%3A00%3A00.5Z": "333333 222222 111111",
	} {
		if got := codes(query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if page := s.call(t, http.StatusOK, http.MethodGet, "/sandbox", "", nil); !strings.Contains(page, "code 222222") || !strings.Contains(page, sandboxPassword) {
		t.Error("the page shows neither messages nor people")
	}
	s.call(t, http.StatusNoContent, http.MethodDelete, "/sandbox/api/messages", "", nil)
	if got := s.call(t, http.StatusOK, http.MethodGet, "/sandbox/api/messages", "", nil); strings.TrimSpace(got) != "[]" {
		t.Errorf("after emptying: %s", got)
	}
}

func stamp(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339Nano)) }

func TestAPIClockAndFaults(t *testing.T) {
	t.Parallel()
	s := newSandbox(t, "")
	var answer struct {
		Now    time.Time `json:"now"`
		Offset string    `json:"offset"`
	}
	s.call(t, http.StatusOK, http.MethodPost, "/sandbox/api/clock", `{"advance":"25h"}`, &answer)
	if d := time.Until(answer.Now); answer.Offset != "25h0m0s" || d < 25*time.Hour-time.Minute {
		t.Errorf("%+v", answer)
	}
	// The period of the signing keys is over: their successors are there already.
	s.call(t, http.StatusOK, http.MethodPost, "/sandbox/api/clock", `{"advance":"2400h"}`, &answer)
	active := 0
	for _, k := range s.provider.Ring.List() {
		if k.Use == "sig" && k.State == "active" {
			active++
		}
	}
	if active != 4 {
		t.Errorf("%d signing keys are active after a hundred days, want 4", active)
	}
	var faults map[string]string
	s.call(t, http.StatusOK, http.MethodPost, "/sandbox/api/faults", `{"sms":"down"}`, &faults)
	if faults["sms"] != "down" || faults["mail"] != "ok" {
		t.Errorf("%v", faults)
	}
	if err := s.sms.Send(t.Context(), notify.Message{ID: uuid.New(), To: "+79990000001"}); err == nil {
		t.Error("a message went out while SMS is down")
	}
	if err := s.mail.Send(t.Context(), notify.Message{ID: uuid.New(), To: "person-2@example.com"}); err != nil {
		t.Errorf("mail: %v", err)
	}
	s.call(t, http.StatusOK, http.MethodPost, "/sandbox/api/faults", `{"sms":"ok","mail":"down"}`, &faults)
	if faults["sms"] != "ok" || faults["mail"] != "down" {
		t.Errorf("%v", faults)
	}
}
