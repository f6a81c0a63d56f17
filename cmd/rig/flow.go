package rig

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

// Scopes are what a service asks for.
var Scopes = []string{"openid", "profile", "email"}

// PersonPassword is what everybody chooses; Verifier is every request's of PKCE.
const (
	PersonPassword = "Синий-Жираф-58"
	Verifier       = "abcdefghijklmnopqrstuvwxyz0123456789-._~ABCDE"
)

// Service is a relying service as it speaks to the provider.
type Service struct {
	ID, Secret string
	Authorize  string // the address of a request
}

// NewService is a service that was registered with a secret.
func NewService(id, secret string) Service {
	sum := sha256.Sum256([]byte(Verifier))
	q := url.Values{
		"client_id": {id}, "redirect_uri": {Redirect}, "response_type": {"code"}, "scope": {strings.Join(Scopes, " ")},
		"state": {"state"}, "nonce": {"nonce"}, "code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return Service{ID: id, Secret: secret, Authorize: "/oauth2/authorize?" + q.Encode()}
}

// Tokens are what a code or a refresh token was redeemed for.
type Tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// Token posts a form to the token endpoint.
func (s Service) Token(c *Client, form string) (Tokens, error) {
	var t Tokens
	a, err := c.Post("/oauth2/token", form, Basic(s.ID, s.Secret))
	if err != nil {
		return t, err
	}
	if a.Status != http.StatusOK {
		return t, Unexpected("token", a)
	}
	if err := json.Unmarshal(a.Body, &t); err != nil {
		return t, err
	}
	return t, nil
}

// Credentials gets a token of the service's own.
func (s Service) Credentials(c *Client) (Tokens, error) {
	return s.Token(c, "grant_type=client_credentials")
}

// Refresh goes on with a family of refresh tokens.
func (s Service) Refresh(c *Client, token string) (Tokens, error) {
	return s.Token(c, "grant_type=refresh_token&refresh_token="+url.QueryEscape(token))
}

// Introspect asks whether a token is good, and fails when it is not.
func (s Service) Introspect(c *Client, token string) error {
	a, err := c.Post("/oauth2/introspect", "token="+url.QueryEscape(token), Basic(s.ID, s.Secret))
	if err == nil && (a.Status != http.StatusOK || !bytes.Contains(a.Body, []byte(`"active":true`))) {
		err = Unexpected("introspection", a)
	}
	return err
}

// Userinfo reads who a token is about.
func Userinfo(c *Client, access string) error {
	a, err := c.Get("/oauth2/userinfo", Bearer(access))
	if err == nil && (a.Status != http.StatusOK || !bytes.Contains(a.Body, []byte(`"sub":`))) {
		err = Unexpected("userinfo", a)
	}
	return err
}

// CodeForm is what a service redeems a code with.
func CodeForm(code string) string {
	return "grant_type=authorization_code&code=" + url.QueryEscape(code) + "&redirect_uri=" + url.QueryEscape(Redirect) + "&code_verifier=" + Verifier
}

// Redeem is what a service does with a code: tokens, then userinfo.
func (s Service) Redeem(c *Client, code string) (Tokens, error) {
	t, err := s.Token(c, CodeForm(code))
	if err != nil {
		return t, err
	}
	return t, Userinfo(c, t.Access)
}

// SingleSignOn is the whole way of a browser that is signed in.
func (s Service) SingleSignOn(b *Browser) (Tokens, error) {
	a, err := b.Open(http.MethodGet, s.Authorize, "")
	if err != nil {
		return Tokens{}, err
	}
	code, err := CodeOf(a)
	if err != nil {
		return Tokens{}, err
	}
	return s.Redeem(b.Client, code)
}

// SignIn is the whole way of a browser that is not, with remembered consent.
func (s Service) SignIn(b *Browser, login string) error {
	if _, err := b.Open(http.MethodGet, s.Authorize, ""); err != nil {
		return err
	}
	a, err := b.Submit("/login/password", map[string]string{"login": login, "password": PersonPassword})
	if err != nil {
		return err
	}
	code, err := CodeOf(a)
	if err != nil {
		return err
	}
	_, err = s.Redeem(b.Client, code)
	return err
}

// Submit posts the form of the page, with its flow.
func (b *Browser) Submit(path string, fields map[string]string) (Answer, error) {
	form := url.Values{}
	flow := FlowOf(b.Page)
	if flow == "" {
		return Answer{}, b.Unexpected("page without a flow")
	}
	form.Set("flow", flow)
	for name, value := range fields {
		form.Set(name, value)
	}
	return b.Open(http.MethodPost, path, form.Encode())
}

// FlowOf is the flow in a page's form.
func FlowOf(page []byte) string {
	_, after, found := bytes.Cut(page, []byte(`name="flow" value="`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(after, []byte(`"`))
	return html.UnescapeString(string(value))
}

// CodeOf is the code with which the browser is sent back to the service, by a
// redirect or by a page.
func CodeOf(a Answer) (string, error) {
	target := a.Location
	if target == "" {
		_, after, _ := bytes.Cut(a.Body, []byte(`http-equiv="refresh" content="0; url=`))
		value, _, _ := bytes.Cut(after, []byte(`"`))
		target = html.UnescapeString(string(value))
	}
	u, err := url.Parse(target)
	if err != nil || !strings.HasPrefix(target, Redirect) || u.Query().Get("code") == "" {
		return "", Unexpected("no code", a)
	}
	return u.Query().Get("code"), nil
}

// Unexpected tells of a page that was not what it should be.
func (b *Browser) Unexpected(what string) error {
	return Unexpected(what+", at "+b.At, Answer{Status: b.Status, Retry: b.Retry, Body: b.Page})
}

// Register makes an account by phone, in a browser that goes from page to page.
func Register(ctx context.Context, b *Browser, g *Gateway, number string) error {
	if err := BeginRegistration(ctx, b, g, number); err != nil {
		return err
	}
	return EndRegistration(b)
}

// BeginRegistration goes as far as the page that asks who the person is.
func BeginRegistration(ctx context.Context, b *Browser, g *Gateway, number string) error {
	if _, err := b.Open(http.MethodGet, "/register", ""); err != nil {
		return err
	}
	if _, err := b.Submit("/register", map[string]string{"contact": number, "terms": "yes", "personal_data": "yes"}); err != nil {
		return err
	}
	if !strings.HasPrefix(b.At, "/register/code") {
		return b.Unexpected("registration")
	}
	code, err := g.code(ctx, number)
	if err != nil {
		return errors.Join(errors.New("no code came"), err)
	}
	if _, err := b.Submit("/register/code", map[string]string{"code": code}); err != nil {
		return err
	}
	if _, err := b.Submit("/register/password", map[string]string{"password": PersonPassword, "password2": PersonPassword}); err != nil {
		return err
	}
	if !strings.HasPrefix(b.At, "/register/person") {
		return b.Unexpected("registration")
	}
	return nil
}

// EndRegistration says who the person is: then there is an account.
func EndRegistration(b *Browser) error {
	if _, err := b.Submit("/register/person", map[string]string{"surname": "Проверочный", "name": "Иван", "patronymic": "Петрович", "birth_date": "17.05.1990"}); err != nil {
		return err
	}
	if !strings.HasPrefix(b.At, "/account") {
		return b.Unexpected("registration")
	}
	return nil
}
