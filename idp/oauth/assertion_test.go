package oauth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// key is a service's own.
type key struct {
	alg     jose.SignatureAlgorithm
	id      string
	private any
	public  jose.JSONWebKey
}

func newKey(t *testing.T, alg jose.SignatureAlgorithm, id string) key {
	t.Helper()
	var private crypto.Signer
	var err error
	switch alg {
	case jose.ES256:
		private, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err = ed25519.GenerateKey(rand.Reader)
	default:
		private, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key{alg: alg, id: id, private: private, public: jose.JSONWebKey{Key: private.Public(), KeyID: id}}
}

// set is the registered keys: without "use", which is not demanded (defect 7).
func (k key) set(t *testing.T) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{k.public}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (k key) sign(t *testing.T, claims map[string]any) string {
	t.Helper()
	options := (&jose.SignerOptions{}).WithType("JWT")
	if k.id != "" {
		options = options.WithHeader("kid", k.id)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: k.alg, Key: k.private}, options)
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// assertion is a good one with some claims changed; nil removes one.
func (p *provider) assertion(id string, change map[string]any) map[string]any {
	now := p.clock.Now()
	claims := map[string]any{"iss": id, "sub": id, "aud": issuer, "jti": uuid.NewString(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()}
	for name, value := range change {
		if value == nil {
			delete(claims, name)
			continue
		}
		claims[name] = value
	}
	return claims
}

func (p *provider) assert(text string, change url.Values) reply {
	p.t.Helper()
	return p.call("/oauth2/token", with(url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {assertionType}, "client_assertion": {text}}, change))
}

func TestAssertionAlgorithms(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.RS256, jose.PS256, jose.EdDSA} {
		k := newKey(t, alg, "")
		id := "robot-" + string(alg)
		p.service(id, func(c *idp.Client) { c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, k.set(t) })
		if r := p.assert(k.sign(t, p.assertion(id, nil)), nil); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", alg, r.status, r.raw)
		}
	}
}

func TestAssertionClaims(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	k := newKey(t, jose.ES256, "k")
	p.service("robot", func(c *idp.Client) { c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, k.set(t) })
	now := p.clock.Now()
	for name, c := range map[string]struct {
		change map[string]any
		good   bool
	}{
		"as it should be":         {nil, true},
		"aud is a list":           {map[string]any{"aud": []string{"https://other.example", issuer}}, true},
		"aud is the endpoint":     {map[string]any{"aud": issuer + "/oauth2/token"}, true},
		"aud is another's":        {map[string]any{"aud": "https://other.example"}, false},
		"aud begins like ours":    {map[string]any{"aud": issuer + ".evil.example"}, false},
		"aud is missing":          {map[string]any{"aud": nil}, false},
		"iss is another":          {map[string]any{"iss": "bank"}, false},
		"iss is missing":          {map[string]any{"iss": nil}, false},
		"sub is another":          {map[string]any{"sub": "bank"}, false},
		"exp is missing":          {map[string]any{"exp": nil}, false},
		"exp has passed":          {map[string]any{"exp": now.Add(-time.Minute).Unix()}, false},
		"exp is five minutes off": {map[string]any{"exp": now.Add(5 * time.Minute).Unix()}, true},
		"exp is an hour off":      {map[string]any{"exp": now.Add(time.Hour).Unix()}, false},
		"nbf is 8 s ahead":        {map[string]any{"nbf": now.Add(8 * time.Second).Unix()}, true},
		"nbf is 61 s ahead":       {map[string]any{"nbf": now.Add(61 * time.Second).Unix()}, false},
		"iat is 61 s ahead":       {map[string]any{"iat": now.Add(61 * time.Second).Unix()}, false},
		"iat is missing":          {map[string]any{"iat": nil}, true},
		"jti is missing":          {map[string]any{"jti": nil}, false},
		"jti is too long":         {map[string]any{"jti": string(make([]byte, 300))}, false},
		"exp is no number":        {map[string]any{"exp": "soon"}, false},
		"aud is no text":          {map[string]any{"aud": 7}, false},
	} {
		r := p.assert(k.sign(t, p.assertion("robot", c.change)), url.Values{"client_id": {"robot"}})
		if c.good && r.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, r.status, r.raw)
		}
		if !c.good {
			p.refused(r, http.StatusUnauthorized, "invalid_client")
			if r.status != http.StatusUnauthorized {
				t.Log(name)
			}
		}
	}
}

// TestAssertionForgeries: algorithms that prove nothing, other keys, other parties.
func TestAssertionForgeries(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	k, other := newKey(t, jose.ES256, "k"), newKey(t, jose.ES256, "k")
	p.service("robot", func(c *idp.Client) { c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, k.set(t) })
	p.service("keyless", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPrivateKeyJWT })
	public, err := json.Marshal(k.public)
	if err != nil {
		t.Fatal(err)
	}
	claims := p.assertion("robot", nil)
	hmac := key{alg: jose.HS256, id: "k", private: public}
	for name, text := range map[string]string{
		"another's key":          other.sign(t, claims),
		"public key as a secret": hmac.sign(t, claims),
		"no signature":           "eyJhbGciOiJub25lIn0.eyJpc3MiOiJyb2JvdCIsInN1YiI6InJvYm90In0.",
		"unknown kid":            key{alg: jose.ES256, id: "z", private: k.private}.sign(t, claims),
		"a service without keys": k.sign(t, p.assertion("keyless", nil)),
		"a service with secret":  k.sign(t, p.assertion("bank", nil)),
		"an unknown service":     k.sign(t, p.assertion("nobody", nil)),
		"garbage":                "a.b.c",
		"empty":                  "",
		"huge":                   string(make([]byte, 9000)),
	} {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.refused(p.assert(text, nil), http.StatusUnauthorized, "invalid_client")
		})
	}
	good := k.sign(t, claims)
	p.t = t
	p.refused(p.assert(good, url.Values{"client_assertion_type": {"other"}}), http.StatusUnauthorized, "invalid_client")
	p.refused(p.assert(good, url.Values{"client_id": {"bank"}}), http.StatusUnauthorized, "invalid_client")
	p.refused(p.assert(good, url.Values{"client_id": {"robot"}, "client_secret": {secret}}), http.StatusBadRequest, "invalid_request")
	if r := p.assert(good, nil); r.status != http.StatusOK {
		t.Errorf("the good one was used up by bad requests: %d %s", r.status, r.raw)
	}
}

// TestDefect7AssertionIsSpentOnce: jti is checked and set in one statement, and
// belongs to its service alone.
func TestDefect7AssertionIsSpentOnce(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		k := newKey(t, jose.ES256, "")
		for _, id := range []string{"robot", "twin"} {
			p.service(id, func(c *idp.Client) { c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, k.set(t) })
		}
		text := k.sign(t, p.assertion("robot", map[string]any{"jti": "same"}))
		won := 0
		for _, r := range race(func() reply { return p.assert(text, nil) }) {
			if r.status == http.StatusOK {
				won++
				continue
			}
			p.refused(r, http.StatusUnauthorized, "invalid_client")
		}
		if won != 1 {
			t.Errorf("%d of 32 used the assertion, want one", won)
		}
		if r := p.assert(k.sign(t, p.assertion("twin", map[string]any{"jti": "same"})), nil); r.status != http.StatusOK {
			t.Errorf("another service's jti collides: %d %s", r.status, r.raw)
		}
	})
}

func race(call func() reply) []reply {
	replies := make([]reply, 32)
	var wg sync.WaitGroup
	for i := range replies {
		wg.Go(func() { replies[i] = call() })
	}
	wg.Wait()
	return replies
}
