package oauth_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// FuzzServiceEndpoints: no body and no header is a fault or passes for a service.
func FuzzServiceEndpoints(f *testing.F) {
	p := onSQLite(f)
	f.Add("grant_type=client_credentials&client_id=bank&client_secret=x", "application/x-www-form-urlencoded", "")
	f.Add("grant_type=authorization_code&code=x&redirect_uri=y&code_verifier=z", "application/x-www-form-urlencoded", "Basic YmFuazp4")
	f.Add("grant_type=refresh_token&refresh_token=%00&client_id=%ff", "application/x-www-form-urlencoded;charset=x", "Basic !")
	f.Add("client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion=a.b.c&token=x", "application/x-www-form-urlencoded", "")
	f.Add("--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n--b--\r\n", "multipart/form-data; boundary=b", "Bearer x")
	f.Add("access_token=x", "application/x-www-form-urlencoded", "Bearer a.b.c")
	f.Fuzz(func(t *testing.T, body, kind, authorization string) {
		p.t = t
		for _, path := range []string{"/oauth2/token", "/oauth2/introspect", "/oauth2/revoke", "/oauth2/userinfo", "/oauth2/logout", "/oauth2/authorize"} {
			r := p.form(path, nil)
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
			r.Header.Set("Content-Type", kind)
			r.Header.Set("Authorization", authorization)
			got := p.do(r)
			page := path == "/oauth2/logout" || path == "/oauth2/authorize"
			if got.status >= 500 || !page && (got.status < 400 || got.body == nil && got.raw != "") {
				t.Errorf("%s: %d %.200s", path, got.status, got.raw)
			}
		}
	})
}

// TestForgedHostLeadsNowhere: no address that we tell is made of the request's Host.
func TestForgedHostLeadsNowhere(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	for _, path := range []string{"/.well-known/openid-configuration", "/oauth2/authorize?" + request(nil).Encode(), "/oauth2/authorize", "/oauth2/logout", "/oauth2/userinfo"} {
		r := p.form(path, nil)
		r.Method, r.Host = http.MethodGet, "evil.example"
		r.Header.Set("X-Forwarded-Host", "evil.example")
		for _, cookie := range c.cookies {
			r.AddCookie(cookie)
		}
		got := p.do(r)
		var all strings.Builder
		if err := got.header.Write(&all); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(all.String()+got.raw, "evil.example") {
			t.Errorf("%s: %s %s", path, all.String(), got.raw)
		}
	}
}
