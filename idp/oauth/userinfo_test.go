package oauth_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

func TestUserinfoByScope(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		c := p.citizen()
		for scope, want := range map[string][]string{
			"":            nil,
			"profile":     {"name", "family_name", "given_name", "middle_name", "birthdate", "gender", "locale", "updated_at"},
			"email":       {"email", "email_verified"},
			"phone":       {"phone_number", "phone_number_verified"},
			"address":     {"address"},
			"snils":       {"snils"},
			"inn":         {"inn"},
			"id_doc":      {"id_doc"},
			"birthplace":  {"birthplace"},
			"citizenship": {"citizenship"},
			"level":       {"level"},
		} {
			info := p.userinfo(c.tokens(url.Values{"scope": {"openid " + scope}}).text("access_token"))
			names := slices.Sorted(maps.Keys(info.body))
			want = append(want, "sub")
			slices.Sort(want)
			if info.status != http.StatusOK || !slices.Equal(names, want) || info.text("sub") != c.subject.Account.OID.String() {
				t.Errorf("%s: %d %s, want %v", scope, info.status, info.raw, want)
			}
		}
		info := p.userinfo(c.tokens(url.Values{"scope": {"openid profile email phone address id_doc level"}}).text("access_token")).body
		document, _ := info["id_doc"].(map[string]any)
		address, _ := info["address"].(map[string]any)
		if info["name"] != "Тестов Иван Петрович" || info["email_verified"] != false || info["phone_number_verified"] != true || info["level"] != "simplified" ||
			document["type"] != "passport" || document["series"] != "0000" || address["formatted"] != "г. Образцовск" {
			t.Errorf("%v", info)
		}
		if n := c.events(idp.EventUserinfoRead); n != 12 {
			t.Errorf("%d events, want 12", n)
		}
	})
}

// TestUserinfoTellsOnlyWhatIsStillAllowed.
func TestUserinfoTellsOnlyWhatIsStillAllowed(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	access := c.tokens(nil).text("access_token")
	_, err := p.db.FinishFlow(t.Context(), store.Finish{FlowID: uuid.New(), Browser: []byte("another browser's"), Subject: c.subject, Consent: &idp.Consent{ClientID: "bank", Scopes: []string{"openid", "phone"}}}, p.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if info := p.userinfo(access); info.status != http.StatusOK || info.body["phone_number"] == nil || info.body["name"] != nil {
		t.Errorf("%d %s", info.status, info.raw)
	}
	if err := p.db.WithdrawConsent(t.Context(), c.subject.Account.OID, "bank", p.clock.Now()); err != nil {
		t.Fatal(err)
	}
	before := c.events(idp.EventUserinfoRead)
	p.refused(p.userinfo(access), http.StatusUnauthorized, "invalid_token")
	if c.events(idp.EventUserinfoRead) != before {
		t.Error("a refused reading is in the journal as one")
	}
}

// TestDefect8Bearer: where the token may stand, and what is none. Never a 500.
func TestDefect8Bearer(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	tokens := p.citizen().tokens(nil)
	access := tokens.text("access_token")
	post := func(form url.Values, kind, header, query string) *http.Request {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/oauth2/userinfo"+query, strings.NewReader(form.Encode()))
		if kind != "" {
			r.Header.Set("Content-Type", kind)
		}
		if header != "" {
			r.Header.Set("Authorization", header)
		}
		return r
	}
	const form = "application/x-www-form-urlencoded"
	in := url.Values{"access_token": {access}}
	for name, c := range map[string]struct {
		r      *http.Request
		status int
		code   string
	}{
		"header by POST":       {post(nil, "", "Bearer "+access, ""), 200, ""},
		"scheme in lower case": {post(nil, "", "bearer "+access, ""), 200, ""},
		"form":                 {post(in, form, "", ""), 200, ""},
		"form with charset":    {post(in, form+"; charset=UTF-8", "", ""), 200, ""},
		"form of no type":      {post(in, "", "", ""), 401, ""},
		"header and form":      {post(in, form, "Bearer "+access, ""), 400, "invalid_request"},
		"form twice":           {post(url.Values{"access_token": {access, access}}, form, "", ""), 400, "invalid_request"},
		"query":                {post(nil, "", "", "?access_token="+access), 401, ""},
		"nothing":              {post(nil, "", "", ""), 401, ""},
		"empty":                {post(nil, "", "Bearer ", ""), 401, ""},
		"another scheme":       {post(nil, "", "Basic "+access, ""), 401, ""},
		"garbage":              {post(nil, "", "Bearer x", ""), 401, "invalid_token"},
		"three parts":          {post(nil, "", "Bearer a.b.c", ""), 401, "invalid_token"},
		"no signature":         {post(nil, "", "Bearer eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.", ""), 401, "invalid_token"},
		"ID token":             {post(nil, "", "Bearer "+tokens.text("id_token"), ""), 401, "invalid_token"},
		"refresh token":        {post(nil, "", "Bearer "+tokens.text("refresh_token"), ""), 401, "invalid_token"},
		"changed":              {post(nil, "", "Bearer "+access[:len(access)-4]+"AAAA", ""), 401, "invalid_token"},
		"long":                 {post(nil, "", "Bearer "+strings.Repeat("a.", 20000), ""), 401, "invalid_token"},
		"NUL":                  {post(url.Values{"access_token": {"\x00"}}, form, "", ""), 401, "invalid_token"},
		"not UTF-8":            {post(nil, "", "Bearer \xff\xfe", ""), 401, "invalid_token"},
	} {
		got := p.do(c.r)
		if got.status != c.status || got.text("error") != c.code {
			t.Errorf("%s: %d %s", name, got.status, got.raw)
		}
		challenge := got.header.Get("WWW-Authenticate")
		if got.status == http.StatusUnauthorized && (!strings.HasPrefix(challenge, "Bearer realm=") || strings.Contains(challenge, "error=") != (c.code != "")) { // RFC 6750 §3.1
			t.Errorf("%s: WWW-Authenticate %q", name, challenge)
		}
	}
	p.clock.Advance(idp.AccessTokenLife)
	p.refused(p.userinfo(access), http.StatusUnauthorized, "invalid_token")
}

func TestIntrospectionAndRevocation(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.service("other", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthPost })
		p.service("public", func(c *idp.Client) { c.TokenEndpointAuthMethod = idp.AuthNone })
		c := p.citizen()
		tokens := c.tokens(nil)
		access, refresh := tokens.text("access_token"), tokens.text("refresh_token")
		other := url.Values{"client_id": {"other"}, "client_secret": {secret}}
		active := func(token string, who url.Values) bool {
			t.Helper()
			r := p.call("/oauth2/introspect", with(url.Values{"token": {token}}, who))
			if r.status != http.StatusOK || r.body["active"] == false && len(r.body) != 1 { // RFC 7662 §2.2
				t.Errorf("introspection: %d %s", r.status, r.raw)
			}
			return r.body["active"] == true
		}
		if !active(access, nil) || !active(refresh, nil) {
			t.Error("good tokens are not active")
		}
		for _, bad := range []string{tokens.text("id_token"), "x", "\x00", strings.Repeat("a.b", 3000)} {
			if active(bad, nil) {
				t.Errorf("%.20q is active", bad)
			}
		}
		if active(access, other) || active(refresh, other) {
			t.Error("a stranger learns of tokens")
		}
		p.refused(p.call("/oauth2/introspect", url.Values{"x": {"y"}}), http.StatusBadRequest, "invalid_request")
		p.refused(p.call("/oauth2/introspect", url.Values{"token": {access}, "client_id": {"public"}}), http.StatusUnauthorized, "invalid_client")

		for _, token := range []string{access, refresh} {
			if r := p.call("/oauth2/revoke", with(url.Values{"token": {token}}, other)); r.status != http.StatusOK {
				t.Errorf("%d %s", r.status, r.raw)
			}
		}
		if n := c.events(idp.EventTokenRevoked); n != 0 || !active(access, nil) || !active(refresh, nil) {
			t.Errorf("a stranger revoked tokens (%d events)", n)
		}
		for range 2 { // again is no error
			if r := p.call("/oauth2/revoke", url.Values{"token": {access}, "token_type_hint": {"refresh_token"}}); r.status != http.StatusOK || r.raw != "" {
				t.Errorf("%d %s", r.status, r.raw)
			}
		}
		if active(access, nil) || !active(refresh, nil) {
			t.Error("an access token is revoked alone")
		}
		p.refused(p.userinfo(access), http.StatusUnauthorized, "invalid_token")
		next := p.refresh(refresh, nil)
		if !active(next.text("access_token"), nil) || active(refresh, nil) {
			t.Error("refresh after the revocation of an access token")
		}
		if r := p.call("/oauth2/revoke", url.Values{"token": {next.text("refresh_token")}}); r.status != http.StatusOK {
			t.Errorf("%d %s", r.status, r.raw)
		}
		if active(next.text("access_token"), nil) || active(next.text("refresh_token"), nil) {
			t.Error("a revoked family lives on")
		}
		p.refused(p.refresh(next.text("refresh_token"), nil), http.StatusBadRequest, "invalid_grant")
		if n := c.events(idp.EventTokenRevoked); n != 3 {
			t.Errorf("%d events of revocation, want three", n)
		}
		p.refused(p.call("/oauth2/revoke", url.Values{"x": {"y"}}), http.StatusBadRequest, "invalid_request")
	})
}

func TestKeysAreCached(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	first := p.get("/oauth2/jwks")
	etag := first.header.Get("ETag")
	if first.status != http.StatusOK || etag == "" || strings.Contains(first.raw, `"d"`) || first.header.Get("Cache-Control") != "public, max-age=300" {
		t.Errorf("%d %v %s", first.status, first.header, first.raw)
	}
	for tag, want := range map[string]int{etag: 304, "W/" + etag: 304, `"x", ` + etag: 304, "*": 304, `"x"`: 200, "": 200, strings.Trim(etag, `"`): 200} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/oauth2/jwks", nil)
		r.Header.Set("If-None-Match", tag)
		if got := p.do(r); got.status != want || want == http.StatusNotModified && got.raw != "" {
			t.Errorf("%s: %d, want %d", tag, got.status, want)
		}
	}
}
