package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"net/http"
	"net/url"
	"strings"
)

var scopes = []string{"openid", "profile", "email"}

const (
	personPassword = "Синий-Жираф-58"
	verifier       = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDE"
)

// service is a relying service as it speaks to the provider.
type service struct {
	id, secret string
	authorize  string // the address of a request
}

func newService(id, secret string) service {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"client_id": {id}, "redirect_uri": {redirect}, "response_type": {"code"}, "scope": {strings.Join(scopes, " ")},
		"state": {"state"}, "nonce": {"nonce"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return service{id: id, secret: secret, authorize: "/oauth2/authorize?" + q.Encode()}
}

// tokens are what a code or a refresh token was redeemed for.
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

func (s service) token(c *client, form string) (tokens, error) {
	var t tokens
	a, err := c.post("/oauth2/token", form, basic(s.id, s.secret))
	if err != nil {
		return t, err
	}
	if a.status != http.StatusOK {
		return t, unexpected("token", a)
	}
	if err := json.Unmarshal(a.body, &t); err != nil {
		return t, err
	}
	return t, nil
}

func (s service) credentials(c *client) (tokens, error) {
	return s.token(c, "grant_type=client_credentials")
}

func (s service) refresh(c *client, token string) (tokens, error) {
	return s.token(c, "grant_type=refresh_token&refresh_token="+url.QueryEscape(token))
}

func (s service) introspect(c *client, token string) error {
	a, err := c.post("/oauth2/introspect", "token="+url.QueryEscape(token), basic(s.id, s.secret))
	if err == nil && (a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"active":true`))) {
		err = unexpected("introspection", a)
	}
	return err
}

func userinfo(c *client, access string) error {
	a, err := c.get("/oauth2/userinfo", bearer(access))
	if err == nil && (a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"sub":`))) {
		err = unexpected("userinfo", a)
	}
	return err
}

// redeem is what a service does with a code: tokens, then userinfo.
func (s service) redeem(c *client, code string) (tokens, error) {
	t, err := s.token(c, "grant_type=authorization_code&code="+url.QueryEscape(code)+"&redirect_uri="+url.QueryEscape(redirect)+"&code_verifier="+verifier)
	if err != nil {
		return t, err
	}
	return t, userinfo(c, t.Access)
}

// singleSignOn is the whole way of a browser that is signed in.
func (s service) singleSignOn(b *browser) (tokens, error) {
	a, err := b.open(http.MethodGet, s.authorize, "")
	if err != nil {
		return tokens{}, err
	}
	code, err := codeOf(a)
	if err != nil {
		return tokens{}, err
	}
	return s.redeem(b.client, code)
}

// signIn is the whole way of a browser that is not, with remembered consent.
func (s service) signIn(b *browser, login string) error {
	if _, err := b.open(http.MethodGet, s.authorize, ""); err != nil {
		return err
	}
	a, err := b.submit("/login/password", map[string]string{"login": login, "password": personPassword})
	if err != nil {
		return err
	}
	code, err := codeOf(a)
	if err != nil {
		return err
	}
	_, err = s.redeem(b.client, code)
	return err
}

// submit posts the form of the page, with its flow.
func (b *browser) submit(path string, fields map[string]string) (answer, error) {
	form := url.Values{}
	flow := flowOf(b.page)
	if flow == "" {
		return answer{}, unexpected("page without a flow: "+b.at, answer{body: b.page})
	}
	form.Set("flow", flow)
	for name, value := range fields {
		form.Set(name, value)
	}
	return b.open(http.MethodPost, path, form.Encode())
}

// flowOf is the flow in a page's form.
func flowOf(page []byte) string {
	_, after, found := bytes.Cut(page, []byte(`name="flow" value="`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(after, []byte(`"`))
	return html.UnescapeString(string(value))
}

// codeOf is the code with which the browser is sent back to the service, by a
// redirect or by a page.
func codeOf(a answer) (string, error) {
	target := a.location
	if target == "" {
		_, after, _ := bytes.Cut(a.body, []byte(`http-equiv="refresh" content="0; url=`))
		value, _, _ := bytes.Cut(after, []byte(`"`))
		target = html.UnescapeString(string(value))
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(target, redirect) || u.Query().Get("code") == "" {
		return "", unexpected("no code", a)
	}
	return u.Query().Get("code"), nil
}

// register makes an account by phone, in a browser that goes from page to page.
func register(ctx context.Context, b *browser, g *gateway, number string) error {
	if _, err := b.open(http.MethodGet, "/register", ""); err != nil {
		return err
	}
	if _, err := b.submit("/register", map[string]string{"contact": number, "terms": "yes", "personal_data": "yes"}); err != nil {
		return err
	}
	if !strings.HasPrefix(b.at, "/register/code") {
		return unexpected("registration", answer{body: b.page})
	}
	code, err := g.code(ctx, number)
	if err != nil {
		return errors.Join(errors.New("no code came"), err)
	}
	if _, err := b.submit("/register/code", map[string]string{"code": code}); err != nil {
		return err
	}
	if _, err := b.submit("/register/password", map[string]string{"password": personPassword, "password2": personPassword}); err != nil {
		return err
	}
	if _, err := b.submit("/register/person", map[string]string{"surname": "Проверочный", "name": "Иван", "patronymic": "Петрович", "birth_date": "17.05.1990"}); err != nil {
		return err
	}
	if !strings.HasPrefix(b.at, "/account") {
		return unexpected("registration, at "+b.at, answer{body: b.page})
	}
	return nil
}
