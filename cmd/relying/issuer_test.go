package relying

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

const bankSecret = "s+c/r:e t%" // needs the form encoding of RFC 6749 §2.3.1

// issuer is a provider that signs in one person without asking, checks what a
// real one would check, and misbehaves as told.
type issuer struct {
	*httptest.Server
	t         *testing.T
	key       *ecdsa.PrivateKey // published
	signs     *ecdsa.PrivateKey // signs
	clientKey jose.JSONWebKey
	now       func() time.Time

	mu        sync.Mutex
	down      bool
	asked     map[string]url.Values // authorization requests by code
	subjects  map[string]string     // client by access token
	refreshes map[string]string     // client by refresh token
	nonces    map[string]string     // nonce by client
	jtis      map[string]bool
	revoked   []string
	claims    map[string]any // overrides of the ID token
	userSub   string
	auths     []string
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{
		t: t, key: newKey(t), now: time.Now, userSub: "1000000007", asked: map[string]url.Values{}, subjects: map[string]string{},
		refreshes: map[string]string{}, nonces: map[string]string{}, jtis: map[string]bool{}, claims: map[string]any{},
	}
	i.signs = i.key
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discovery)
	mux.HandleFunc("GET /jwks", i.jwks)
	mux.HandleFunc("GET /authorize", i.authorize)
	mux.HandleFunc("POST /token", i.token)
	mux.HandleFunc("GET /userinfo", i.userinfo)
	mux.HandleFunc("POST /revoke", i.revoke)
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		defer i.mu.Unlock()
		if i.down {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.Close)
	return i
}

// set changes the issuer's behaviour while no request is being answered.
func (i *issuer) set(change func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	change()
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (i *issuer) answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(body); err != nil {
		i.t.Error(err)
	}
}

func (i *issuer) discovery(w http.ResponseWriter, _ *http.Request) {
	i.answer(w, 200, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token",
		"jwks_uri": i.URL + "/jwks", "userinfo_endpoint": i.URL + "/userinfo", "revocation_endpoint": i.URL + "/revoke",
		"end_session_endpoint": i.URL + "/logout", "authorization_response_iss_parameter_supported": true,
		"id_token_signing_alg_values_supported": []string{"ES256"},
	})
}

func (i *issuer) jwks(w http.ResponseWriter, _ *http.Request) {
	i.answer(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &i.key.PublicKey, KeyID: "k1", Algorithm: "ES256", Use: "sig"}}})
}

func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	code := random()
	i.asked[code] = q
	back := url.Values{"code": {code}, "state": {q.Get("state")}, "iss": {i.URL}}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusSeeOther)
}

// client authenticates the caller: the bank by header, the state service by assertion.
func (i *issuer) client(r *http.Request) string {
	if id, secret, ok := r.BasicAuth(); ok {
		plain, err := url.QueryUnescape(secret)
		if err == nil && id == "bank" && plain == bankSecret && r.PostFormValue("client_assertion") == "" {
			i.auths = append(i.auths, "client_secret_basic")
			return id
		}
		return ""
	}
	if r.PostFormValue("client_assertion_type") != assertionType || r.PostFormValue("client_secret") != "" {
		return ""
	}
	parsed, err := jwt.ParseSigned(r.PostFormValue("client_assertion"), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return ""
	}
	var c jwt.Claims
	if parsed.Claims(i.clientKey.Key, &c) != nil || parsed.Headers[0].KeyID != i.clientKey.KeyID {
		return ""
	}
	wrong := c.Validate(jwt.Expected{Issuer: "state", Subject: "state", AnyAudience: jwt.Audience{i.URL}, Time: i.now()})
	if wrong != nil || len(c.Audience) != 1 || c.ID == "" || i.jtis[c.ID] || r.PostFormValue("client_id") != "state" {
		return ""
	}
	i.jtis[c.ID] = true
	i.auths = append(i.auths, "private_key_jwt")
	return c.Subject
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	client := i.client(r)
	if client == "" {
		i.answer(w, 401, map[string]string{"error": "invalid_client"})
		return
	}
	refused := map[string]string{"error": "invalid_grant", "error_description": "no longer good"}
	switch r.PostFormValue("grant_type") {
	case "authorization_code":
		q, known := i.asked[r.PostFormValue("code")]
		delete(i.asked, r.PostFormValue("code"))
		sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
		challenge := base64.RawURLEncoding.EncodeToString(sum[:])
		if !known || q.Get("client_id") != client || q.Get("redirect_uri") != r.PostFormValue("redirect_uri") ||
			q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") != challenge {
			i.answer(w, 400, refused)
			return
		}
		i.nonces[client] = q.Get("nonce")
		i.issue(w, client, strings.Contains(q.Get("scope"), "offline_access"))
	case "refresh_token":
		if i.refreshes[r.PostFormValue("refresh_token")] != client {
			i.answer(w, 400, refused)
			return
		}
		delete(i.refreshes, r.PostFormValue("refresh_token"))
		i.issue(w, client, true)
	default:
		i.answer(w, 400, map[string]string{"error": "unsupported_grant_type"})
	}
}

func (i *issuer) issue(w http.ResponseWriter, client string, offline bool) {
	access := random()
	i.subjects[access] = client
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": i.URL, "sub": "1000000007", "aud": client, "nonce": i.nonces[client], "auth_time": 1_700_000_000,
		"iat": i.now().Unix(), "exp": i.now().Add(5 * time.Minute).Unix(), "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
	}
	maps.Copy(claims, i.claims)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: i.signs, KeyID: "k1"}}, nil)
	if err != nil {
		i.t.Error(err)
		return
	}
	raw, err := jwt.Signed(signer).Claims(claims).Serialize()
	if err != nil {
		i.t.Error(err)
		return
	}
	body := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "id_token": raw}
	if offline {
		next := random()
		i.refreshes[next] = client
		body["refresh_token"] = next
	}
	i.answer(w, 200, body)
}

func (i *issuer) userinfo(w http.ResponseWriter, r *http.Request) {
	if i.subjects[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")] == "" {
		i.answer(w, 401, map[string]string{"error": "invalid_token"})
		return
	}
	i.answer(w, 200, map[string]any{"sub": i.userSub, "name": "Анна <b>Примерова</b>", "address": map[string]string{"country": "Россия"}, "phone_number_verified": true})
}

func (i *issuer) revoke(w http.ResponseWriter, r *http.Request) {
	if i.client(r) == "" {
		i.answer(w, 401, map[string]string{"error": "invalid_client"})
		return
	}
	i.revoked = append(i.revoked, r.PostFormValue("token_type_hint"))
	delete(i.refreshes, r.PostFormValue("token"))
	delete(i.subjects, r.PostFormValue("token"))
	w.WriteHeader(200)
}
