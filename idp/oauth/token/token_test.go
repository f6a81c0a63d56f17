package token_test

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/oauth/token"
	"vhod/keys"
	"vhod/store/storetest"
)

// memory keeps the keys of a ring for a test; the ring makes several at a time.
type memory struct {
	mu  sync.Mutex
	all []keys.Record
}

func (m *memory) Keys(context.Context) ([]keys.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.all), nil
}

func (m *memory) AddKey(_ context.Context, r keys.Record) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all = append(m.all, r)
	return true, nil
}

func (m *memory) UpdateKey(_ context.Context, r keys.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.all {
		if m.all[i].KID == r.KID {
			m.all[i] = r
		}
	}
	return nil
}

func newIssuer(t testing.TB, algorithms ...string) (*token.Issuer, *storetest.Clock) {
	t.Helper()
	clock := storetest.NewClock()
	if len(algorithms) == 0 {
		algorithms = []string{keys.ES256}
	}
	ring, err := keys.NewRing(t.Context(), keys.Config{Storage: &memory{}, KEK: storetest.KEK(t), Now: clock.Now, Algorithms: algorithms})
	if err != nil {
		t.Fatal(err)
	}
	return &token.Issuer{Ring: ring, Now: clock.Now, URL: "https://id.example"}, clock
}

func grant(clock *storetest.Clock) *token.Grant {
	return &token.Grant{
		ID: uuid.New(), OID: 1_000_000_007, ClientID: "bank", SessionID: uuid.New(), Scopes: []string{"openid", "phone"},
		AMR: []string{"pwd", "otp", "mfa"}, ACR: "urn:vhod:acr:standard:mfa", AuthTime: clock.Now().Add(-time.Hour),
	}
}

func decode(t *testing.T, text string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		t.Fatalf("%q is no JWS", text)
	}
	for i, out := range []*map[string]any{&header, &claims} {
		raw, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, out); err != nil {
			t.Fatal(err)
		}
	}
	return header, claims
}

func TestAccessToken(t *testing.T) {
	t.Parallel()
	i, clock := newIssuer(t)
	g := grant(clock)
	text, err := i.Access(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	header, claims := decode(t, text)
	if header["typ"] != "at+jwt" || header["alg"] != "ES256" || header["kid"] == "" { // RFC 9068 §2.1
		t.Errorf("header %v", header)
	}
	for name, want := range map[string]any{ // RFC 9068 §2.2
		"iss": i.URL, "aud": i.URL, "sub": "1000000007", "client_id": "bank", "scope": "openid phone", "acr": g.ACR,
		"iat": float64(clock.Now().Unix()), "exp": float64(clock.Now().Add(5 * time.Minute).Unix()), "auth_time": float64(g.AuthTime.Unix()),
	} {
		if claims[name] != want {
			t.Errorf("%s = %v, want %v", name, claims[name], want)
		}
	}
	a, err := i.VerifyAccess(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if r, ok := a.Reference(); !ok || r != (token.Reference{Bucket: g.OID.Bucket(), Grant: g.ID}) || a.OID() != g.OID {
		t.Errorf("reference %v %v, account %v", r, ok, a.OID())
	}
	second, err := i.Access(t.Context(), g)
	if err != nil {
		t.Fatal(err)
	}
	if _, again := decode(t, second); again["jti"] == claims["jti"] {
		t.Error("two tokens have one jti")
	}
	clock.Advance(idp.AccessTokenLife - time.Second)
	if _, err := i.VerifyAccess(t.Context(), text); err != nil {
		t.Errorf("a second before its end: %v", err)
	}
	clock.Advance(time.Second)
	if _, err := i.VerifyAccess(t.Context(), text); !errors.Is(err, token.ErrToken) {
		t.Errorf("at its end: %v, want ErrToken", err)
	}
}

func TestServiceToken(t *testing.T) {
	t.Parallel()
	i, _ := newIssuer(t)
	text, err := i.Access(t.Context(), &token.Grant{ClientID: "1000000007", Scopes: []string{"reports"}})
	if err != nil {
		t.Fatal(err)
	}
	a, err := i.VerifyAccess(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	// A service whose name looks like a person's number is no person.
	if r, ok := a.Reference(); !ok || r.Grant != uuid.Nil || a.OID() != 0 || a.Subject != "1000000007" || a.AuthTime != 0 {
		t.Errorf("%+v, reference %v", a, r)
	}
}

func TestIDToken(t *testing.T) {
	t.Parallel()
	i, clock := newIssuer(t, keys.ES256, keys.RS256, keys.PS256, keys.EdDSA)
	g := grant(clock)
	for _, alg := range []string{keys.ES256, keys.RS256, keys.PS256, keys.EdDSA} {
		text, err := i.ID(t.Context(), g, alg, "n", "the access token")
		if err != nil {
			t.Fatal(err)
		}
		header, claims := decode(t, text)
		hash := sha256.Sum256([]byte("the access token"))
		half := hash[:16]
		if alg == keys.EdDSA { // OpenID Connect Core §3.1.3.6 with the hash of Ed25519
			long := sha512.Sum512([]byte("the access token"))
			half = long[:32]
		}
		if header["alg"] != alg || claims["at_hash"] != base64.RawURLEncoding.EncodeToString(half) {
			t.Errorf("%s: %v %v", alg, header, claims)
		}
		if claims["aud"] != "bank" || claims["nonce"] != "n" || claims["sub"] != "1000000007" || claims["sid"] != token.SessionID(g.SessionID) || claims["auth_time"] != float64(g.AuthTime.Unix()) {
			t.Errorf("%s: %v", alg, claims)
		}
		clock.Advance(idp.IDTokenLife + time.Hour)
		h, err := i.VerifyHint(t.Context(), text)
		if err != nil || h.OID != g.OID || h.ClientID != "bank" || h.Session != token.SessionID(g.SessionID) {
			t.Errorf("%s as an expired hint: %+v, %v", alg, h, err)
		}
	}
}

// TestDefect8NoTokenIsTakenForAnother kind, provider or algorithm.
func TestDefect8NoTokenIsTakenForAnother(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	i, clock := newIssuer(t)
	g := grant(clock)
	access, err := i.Access(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	id, err := i.ID(ctx, g, keys.ES256, "", access)
	if err != nil {
		t.Fatal(err)
	}
	refresh, err := i.Refresh(token.Refresh{Reference: token.Reference{Bucket: g.OID.Bucket(), Grant: g.ID}, Generation: 1})
	if err != nil {
		t.Fatal(err)
	}
	code, err := i.Code(&token.Code{Grant: *g})
	if err != nil {
		t.Fatal(err)
	}
	other := &token.Issuer{Ring: i.Ring, Now: i.Now, URL: "https://other.example"}
	foreign, err := other.Access(ctx, g)
	if err != nil {
		t.Fatal(err)
	}
	foreignID, err := other.ID(ctx, g, keys.ES256, "", "")
	if err != nil {
		t.Fatal(err)
	}
	none := "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0." + strings.Split(access, ".")[1] + "."
	for _, text := range []string{id, refresh, code, foreign, foreignID, none, "", ".", "..", "\x00"} {
		if _, err := i.VerifyAccess(ctx, text); !errors.Is(err, token.ErrToken) {
			t.Errorf("as an access token: %.20q: %v", text, err)
		}
	}
	for _, text := range []string{access, refresh, code, foreign, foreignID, none, ""} {
		if _, err := i.VerifyHint(ctx, text); !errors.Is(err, token.ErrToken) {
			t.Errorf("as a hint: %.20q: %v", text, err)
		}
	}
	for _, text := range []string{access, id, code, "", strings.Repeat("A", len(refresh))} {
		if _, err := i.ParseRefresh(text); !errors.Is(err, token.ErrToken) {
			t.Errorf("as a refresh token: %.20q: %v", text, err)
		}
	}
	for _, text := range []string{access, id, refresh, ""} {
		if _, ok := i.ParseCode(text); ok {
			t.Errorf("as a code: %.20q", text)
		}
	}
	if _, ok := other.ParseCode(code); ok {
		t.Error("another issuer takes the code")
	}
}

func TestCodeRoundTrip(t *testing.T) {
	t.Parallel()
	i, clock := newIssuer(t)
	in := token.Code{Grant: *grant(clock), SecurityVersion: 7, RedirectURI: "https://bank.example/ü?a=<b>", Nonce: "<n>", Challenge: "c"}
	text, err := i.Code(&in)
	if err != nil {
		t.Fatal(err)
	}
	out, ok := i.ParseCode(text)
	if !ok || out.ID != in.ID || out.OID != in.OID || out.SessionID != in.SessionID || out.SecurityVersion != 7 || out.RedirectURI != in.RedirectURI || out.Nonce != in.Nonce ||
		out.Challenge != "c" || !out.AuthTime.Equal(in.AuthTime) || len(out.Scopes) != 2 || len(out.AMR) != 3 || out.ACR != in.ACR {
		t.Fatalf("%+v, want %+v", out, in)
	}
	clock.Advance(idp.CodeLife - 1)
	if out.Expired(clock.Now()) {
		t.Error("expired within a minute")
	}
	clock.Advance(1)
	if !out.Expired(clock.Now()) {
		t.Error("good after a minute")
	}
	if _, ok := i.ParseCode(text); !ok {
		t.Error("an expired code cannot be read any more, so that its reuse would go unseen")
	}
}

// TestRefreshTokens: each generation has one text, no two the same.
func TestRefreshTokens(t *testing.T) {
	t.Parallel()
	i, _ := newIssuer(t)
	reference := token.Reference{Bucket: 4095, Grant: uuid.New()}
	seen := map[string]bool{}
	for generation := range int64(5) {
		r := token.Refresh{Reference: reference, Generation: generation}
		text, err := i.Refresh(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := i.Refresh(r)
		if err != nil || again != text {
			t.Errorf("generation %d made again differs: %v", generation, err)
		}
		if seen[text] {
			t.Errorf("generation %d has a text that another has", generation)
		}
		seen[text] = true
		if got, err := i.ParseRefresh(text); err != nil || got != r {
			t.Errorf("%+v, %v, want %+v", got, err, r)
		}
		for at := range text {
			other := byte('A')
			if text[at] == other {
				other = 'B'
			}
			if _, err := i.ParseRefresh(text[:at] + string(other) + text[at+1:]); !errors.Is(err, token.ErrToken) {
				t.Errorf("changed at %d: %v", at, err)
			}
		}
	}
}

// FuzzRead: no text is a fault, and none is ours by chance.
func FuzzRead(f *testing.F) {
	i, clock := newIssuer(f)
	access, err := i.Access(f.Context(), grant(clock))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(access[:len(access)-1])
	f.Add("a.b.c")
	f.Add(strings.Repeat("A", 74))
	f.Fuzz(func(t *testing.T, text string) {
		if text == access {
			return
		}
		if _, err := i.VerifyAccess(t.Context(), text); !errors.Is(err, token.ErrToken) {
			t.Errorf("access: %v", err)
		}
		if _, err := i.VerifyHint(t.Context(), text); !errors.Is(err, token.ErrToken) {
			t.Errorf("hint: %v", err)
		}
		if _, err := i.ParseRefresh(text); !errors.Is(err, token.ErrToken) {
			t.Errorf("refresh: %v", err)
		}
		if _, ok := i.ParseCode(text); ok {
			t.Error("a code")
		}
	})
}
