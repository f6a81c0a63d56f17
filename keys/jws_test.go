package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

var allAlgorithms = []string{ES256, RS256, PS256, EdDSA}

// RFC 7638 §3.1.
func TestThumbprintOfRFC7638(t *testing.T) {
	const text = `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`
	var jwk jose.JSONWebKey
	if err := json.Unmarshal([]byte(text), &jwk); err != nil {
		t.Fatal(err)
	}
	named, err := publicJWK(jwk.Key, RS256)
	if err != nil {
		t.Fatal(err)
	}
	if named.KeyID != "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs" {
		t.Errorf("thumbprint %s", named.KeyID)
	}
}

// A stranger verifies with nothing but the published set.
func TestTokensVerifyAgainstTheJWKS(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now, func(c *Config) { c.Algorithms = nil })
	body, _ := r.JWKS()
	for _, secret := range []string{`"d"`, `"p"`, `"q"`, `"k"`, `"dp"`, `"qi"`} {
		if strings.Contains(string(body), secret+":") {
			t.Fatalf("the set holds %s", secret)
		}
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	if len(set.Keys) != 4 || !slices.IsSortedFunc(set.Keys, func(a, b jose.JSONWebKey) int { return strings.Compare(a.KeyID, b.KeyID) }) {
		t.Errorf("%d keys, want 4 sorted by name", len(set.Keys))
	}
	for _, alg := range allAlgorithms {
		token, err := r.Sign(t.Context(), alg, "at+jwt", map[string]string{"sub": "a<b"})
		if err != nil {
			t.Fatal(err)
		}
		signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatal(err)
		}
		header := signed.Signatures[0].Protected
		if header.ExtraHeaders[jose.HeaderType] != "at+jwt" {
			t.Errorf("%s: typ %v", alg, header.ExtraHeaders)
		}
		found := set.Key(header.KeyID)
		if len(found) != 1 {
			t.Fatalf("%s: %d keys of that name", alg, len(found))
		}
		jwk := found[0]
		thumbprint, err := jwk.Thumbprint(crypto.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		if jwk.KeyID != base64.RawURLEncoding.EncodeToString(thumbprint) || jwk.Algorithm != alg || jwk.Use != "sig" || !jwk.IsPublic() {
			t.Errorf("%s: published as %+v", alg, jwk)
		}
		if _, err := signed.Verify(jwk); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		got, payload, err := r.Verify(t.Context(), token, allAlgorithms)
		if err != nil {
			t.Errorf("%s: %v", alg, err)
		}
		var claims map[string]string
		if err := json.Unmarshal(payload, &claims); err != nil || claims["sub"] != "a<b" {
			t.Errorf("%s: payload %s: %v", alg, payload, err)
		}
		if want := (Header{Alg: alg, KID: jwk.KeyID, Typ: "at+jwt"}); got != want {
			t.Errorf("header %+v, want %+v", got, want)
		}
	}
}

// forge signs a header of the forger's own with a given key.
func forge(t *testing.T, private *ecdsa.PrivateKey, header map[string]any) string {
	t.Helper()
	raw, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	input := base64.RawURLEncoding.EncodeToString(raw) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"1"}`))
	hash := crypto.SHA256.New()
	hash.Write([]byte(input))
	x, y, err := ecdsa.Sign(rand.Reader, private, hash.Sum(nil))
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, 64)
	x.FillBytes(signature[:32])
	y.FillBytes(signature[32:])
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

func TestVerifyRefuses(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now, func(c *Config) { c.Algorithms = []string{ES256, EdDSA} })
	own := r.current.Load().sign[ES256][0]
	private := own.private.(*ecdsa.PrivateKey)
	foreign, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	good := forge(t, private, map[string]any{"alg": ES256, "kid": own.KID, "typ": "JWT"})
	if _, _, err := r.Verify(t.Context(), good, []string{ES256}); err != nil {
		t.Fatalf("the forger's own tool makes no good token: %v", err)
	}
	with := func(name string, value any) string {
		return forge(t, private, map[string]any{"alg": ES256, "kid": own.KID, name: value})
	}
	parts := strings.Split(good, ".")
	jwk := jose.JSONWebKey{Key: &foreign.PublicKey}
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"` + own.KID + `"}`))
	tests := map[string]string{
		"empty":             "",
		"one part":          "abc",
		"four parts":        good + ".x",
		"json":              `{"payload":"","signatures":[]}`,
		"space":             " " + good,
		"line end":          good[:20] + "\n" + good[20:],
		"no signature":      parts[0] + "." + parts[1] + ".",
		"no payload":        parts[0] + ".." + parts[2],
		"altered payload":   parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"2"}`)) + "." + parts[2],
		"altered signature": parts[0] + "." + parts[1] + ".A" + parts[2][1:],
		"too long":          parts[0] + "." + strings.Repeat("A", maxToken) + "." + parts[2],
		"alg none":          none + "." + parts[1] + ".",
		"alg of another":    forge(t, private, map[string]any{"alg": EdDSA, "kid": own.KID}),
		"alg not asked for": forge(t, private, map[string]any{"alg": "HS256", "kid": own.KID}),
		"no alg":            forge(t, private, map[string]any{"kid": own.KID}),
		"no kid":            forge(t, private, map[string]any{"alg": ES256}),
		"kid not a string":  forge(t, private, map[string]any{"alg": ES256, "kid": 1}),
		"kid too long":      forge(t, private, map[string]any{"alg": ES256, "kid": own.KID + "x"}),
		"foreign key":       forge(t, foreign, map[string]any{"alg": ES256, "kid": own.KID}),
		"unknown kid":       forge(t, foreign, map[string]any{"alg": ES256, "kid": strings.Repeat("A", kidLength)}),
		"crit":              with("crit", []string{"exp"}),
		"b64":               with("b64", false),
		"jwk":               with("jwk", jwk),
		"jku":               with("jku", "https://example.org/jwks"),
		"x5u":               with("x5u", "https://example.org/cert"),
		"x5c":               with("x5c", []string{}),
		"another header":    with("nonce", "1"),
		"header not json":   "AAAA." + parts[1] + "." + parts[2],
		"header an array":   base64.RawURLEncoding.EncodeToString([]byte(`[]`)) + "." + parts[1] + "." + parts[2],
	}
	for name, token := range tests {
		algs := []string{ES256, EdDSA}
		header, payload, err := r.Verify(t.Context(), token, algs)
		if !errors.Is(err, ErrToken) || payload != nil || header != (Header{}) {
			t.Errorf("%s: %+v %q %v", name, header, payload, err)
		}
	}
	if _, _, err := r.Verify(t.Context(), good, nil); !errors.Is(err, ErrToken) {
		t.Errorf("no algorithm asked for: %v", err)
	}
}

// RS256 and PS256 keys are both RSA: one is never taken for the other.
func TestVerifyHoldsKeysToTheirAlgorithm(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now, func(c *Config) { c.Algorithms = []string{RS256, PS256} })
	for _, alg := range [][2]string{{RS256, PS256}, {PS256, RS256}} {
		k := r.current.Load().sign[alg[0]][0]
		signer, err := jose.NewSigner(jose.SigningKey{
			Algorithm: jose.SignatureAlgorithm(alg[1]),
			Key:       jose.JSONWebKey{Key: k.private, KeyID: k.KID},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := signer.Sign([]byte(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		token, err := signed.CompactSerialize()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := r.Verify(t.Context(), token, allAlgorithms); !errors.Is(err, ErrToken) {
			t.Errorf("%s under the key of %s: %v", alg[1], alg[0], err)
		}
	}
}

// A key ends by the clock alone, whether or not the storage was read since.
func TestVerifyRefusesAnExpiredKey(t *testing.T) {
	c := newClock()
	r := newRing(t, &memory{}, c.Now)
	token, err := r.Sign(t.Context(), ES256, "", map[string]int{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Rotate(t.Context(), UseSign, ES256, Emergency); err != nil {
		t.Fatal(err)
	}
	c.add(24*time.Hour - time.Second)
	if _, _, err := r.Verify(t.Context(), token, []string{ES256}); err != nil {
		t.Errorf("within its time: %v", err)
	}
	c.add(time.Second)
	if _, _, err := r.Verify(t.Context(), token, []string{ES256}); !errors.Is(err, ErrToken) {
		t.Errorf("past its time: %v", err)
	}
}

func TestSignRefuses(t *testing.T) {
	r := newRing(t, &memory{}, newClock().Now)
	if _, err := r.Sign(t.Context(), RS256, "", 1); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("an algorithm without a key: %v", err)
	}
	if _, err := r.Sign(t.Context(), ES256, "", func() {}); err == nil {
		t.Error("claims that are no JSON were signed")
	}
	if _, err := r.Sign(t.Context(), ES256, "", strings.Repeat("a", maxToken)); err == nil {
		t.Error("a token was made that Verify refuses")
	}
	if _, err := r.Sign(t.Context(), ES256, strings.Repeat("a", maxTyp+1), 1); err == nil {
		t.Error("a type was written that Verify refuses")
	}
}

func FuzzVerify(f *testing.F) {
	r := newRing(f, &memory{}, newClock().Now, func(c *Config) { c.Algorithms = []string{ES256, EdDSA} })
	good := map[string]bool{}
	for _, alg := range []string{ES256, EdDSA} {
		token, err := r.Sign(f.Context(), alg, "JWT", map[string]string{"sub": "1"})
		if err != nil {
			f.Fatal(err)
		}
		good[token] = true
		f.Add(token)
		f.Add(token[:len(token)-1])
	}
	f.Add("..")
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("eyJhbGciOiJFUzI1NiIsImtpZCI6IiJ9.e30.AA")
	f.Fuzz(func(t *testing.T, token string) {
		_, payload, err := r.Verify(t.Context(), token, []string{ES256, EdDSA})
		switch {
		case good[token] && err != nil:
			t.Errorf("a good token: %v", err)
		case err != nil && payload != nil:
			t.Error("a payload beside an error")
		case err == nil && string(payload) != `{"sub":"1"}`:
			t.Errorf("a payload nobody signed: %q", payload)
		}
	})
}
