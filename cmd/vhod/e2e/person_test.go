package e2e

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// person is a citizen of the sandbox at a browser of the plainest sort.
type person struct {
	t        *testing.T
	s        sandbox
	client   *http.Client
	login    string
	password string
	phone    string
}

// newPerson makes a citizen through the sandbox's API.
func newPerson(t *testing.T, s sandbox) *person {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &person{t: t, s: s, client: &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), s.issuer) {
			return http.ErrUseLastResponse // back at the service
		}
		return nil
	}}}
	var made struct{ Login, Password, Phone string }
	response := p.send(http.MethodPost, s.issuer+"/sandbox/api/people", "application/json", `{"level":"standard"}`)
	if err := json.Unmarshal([]byte(response.body), &made); err != nil {
		t.Fatalf("make a person: %v: %s", err, response.body)
	}
	p.login, p.password, p.phone = made.Login, made.Password, made.Phone
	return p
}

type pageSeen struct {
	at       string
	body     string
	location string
}

func (p *person) send(method, address, contentType, body string) pageSeen {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Origin", p.s.issuer)
	}
	response, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return pageSeen{response.Request.URL.Path, string(text), response.Header.Get("Location")}
}

var (
	flowField = regexp.MustCompile(`name="flow" value="([^"]*)"`)
	refresh   = regexp.MustCompile(`http-equiv="refresh" content="0; url=([^"]*)"`)
	hidden    = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// visit opens an authorization request, does whatever the pages ask, and gives the
// address at which the service is answered.
func (p *person) visit(address string) *url.URL {
	p.t.Helper()
	page := p.send(http.MethodGet, address, "", "")
	for range 6 {
		target := page.location
		if m := refresh.FindStringSubmatch(page.body); target == "" && m != nil {
			target = html.UnescapeString(m[1])
		}
		if target != "" {
			u, err := url.Parse(target)
			if err != nil {
				p.t.Fatal(err)
			}
			return u
		}
		form := url.Values{}
		if m := flowField.FindStringSubmatch(page.body); m != nil {
			form.Set("flow", html.UnescapeString(m[1]))
		}
		to := page.at
		switch page.at {
		case "/login":
			to = "/login/password"
			form.Set("login", p.login)
			form.Set("password", p.password)
		case "/login/sms":
			form.Set("code", p.code())
		case "/consent":
			form.Set("decision", "allow")
		case "/oauth2/logout":
			for _, m := range hidden.FindAllStringSubmatch(page.body, -1) {
				form.Set(m[1], html.UnescapeString(m[2]))
			}
			form.Set("decision", "sign-out")
		default:
			p.t.Fatalf("at %s: %s", page.at, page.body)
		}
		page = p.send(http.MethodPost, p.s.issuer+to, "application/x-www-form-urlencoded", form.Encode())
	}
	p.t.Fatalf("no answer, at %s: %s", page.at, page.body)
	return nil
}

// code waits for the newest code sent to the person.
func (p *person) code() string {
	p.t.Helper()
	for range 100 {
		var messages []struct{ Code string }
		page := p.send(http.MethodGet, p.s.issuer+"/sandbox/api/messages?to="+url.QueryEscape(p.phone), "", "")
		if err := json.Unmarshal([]byte(page.body), &messages); err != nil {
			p.t.Fatalf("messages: %v: %s", err, page.body)
		}
		if len(messages) > 0 && messages[0].Code != "" {
			return messages[0].Code
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatal("no code came")
	return ""
}

// answered is the code of an answer, with the state checked.
func answered(t *testing.T, u *url.URL, state string) string {
	t.Helper()
	q := u.Query()
	if q.Get("state") != state || q.Get("code") == "" || q.Get("iss") == "" {
		t.Fatalf("answer %s", u)
	}
	return q.Get("code")
}
