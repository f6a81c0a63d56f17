package relying

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const (
	maxAnswer       = 1 << 20
	maxForm         = 64 << 10
	assertionPeriod = time.Minute
	assertionType   = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 §2.2
)

// outgoing copies base so that answers are bounded, redirects are not followed
// (a token endpoint that redirects would carry the credentials elsewhere) and
// nothing waits for ever.
func outgoing(base *http.Client) *http.Client {
	client := http.Client{}
	if base != nil {
		client = *base
	}
	if client.Transport == nil {
		client.Transport = http.DefaultTransport
	}
	client.Transport = bounded{client.Transport}
	if client.Timeout == 0 {
		client.Timeout = 10 * time.Second
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

type bounded struct{ next http.RoundTripper }

func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	res.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(res.Body, maxAnswer), res.Body}
	return res, nil
}

// asserting adds a fresh client assertion to every form this client posts: the
// token and revocation endpoints are the only ones it posts to. Doing it here
// covers x/oauth2's refresh as well, which takes no extra parameters.
type asserting struct {
	next   http.RoundTripper
	signer jose.Signer
	client string
	issuer string
	now    func() time.Time
}

func (a asserting) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method != http.MethodPost || r.Body == nil ||
		!strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return a.next.RoundTrip(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxForm+1))
	if closeErr := r.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, fmt.Errorf("read form: %w", err)
	}
	if len(body) > maxForm {
		return nil, fmt.Errorf("form over %d bytes", maxForm)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, fmt.Errorf("parse form: %w", err)
	}
	assertion, err := a.sign()
	if err != nil {
		return nil, err
	}
	form.Set("client_id", a.client)
	form.Set("client_assertion_type", assertionType)
	form.Set("client_assertion", assertion)
	text := []byte(form.Encode())
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(text))
	r.GetBody = nil // a transport must not resend a used assertion
	r.ContentLength = int64(len(text))
	return a.next.RoundTrip(r)
}

// sign makes an assertion by RFC 7523 §3; OpenID Connect Core §9 wants a jti.
func (a asserting) sign() (string, error) {
	now := a.now()
	text, err := jwt.Signed(a.signer).Claims(jwt.Claims{
		Issuer:   a.client,
		Subject:  a.client,
		Audience: jwt.Audience{a.issuer},
		ID:       random(),
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(assertionPeriod)),
	}).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign client assertion: %w", err)
	}
	return text, nil
}
