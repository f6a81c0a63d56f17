package main

import (
	"strings"
	"testing"

	"vhod/idp"
)

func goodClient() *idp.Client {
	return &idp.Client{
		ID: "shop", Name: texts("Лавка", ""), ApplicationType: "web", RequirePKCE: true,
		RedirectURIs: []string{"https://shop.example.com/callback"}, GrantTypes: []string{"authorization_code"}, ResponseTypes: []string{"code"},
		TokenEndpointAuthMethod: idp.AuthBasic, Scopes: []idp.ClientScope{{Name: idp.ScopeOpenID}},
	}
}

func TestCheckClient(t *testing.T) {
	t.Parallel()
	if err := checkClient(goodClient(), false); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*idp.Client){
		"client_id: 1 to":                  func(c *idp.Client) { c.ID = "" },
		"client_id: 1 to 64":               func(c *idp.Client) { c.ID = "shop\n" },
		"names: a name":                    func(c *idp.Client) { c.Name = nil },
		"names: the languages":             func(c *idp.Client) { c.Name["de"] = "Laden" },
		"descriptions: at most":            func(c *idp.Client) { c.Description = texts(strings.Repeat("я", maxName+1), "") },
		"policy_uri: an https":             func(c *idp.Client) { c.PolicyURI = "javascript:alert(1)" },
		"application_type: web":            func(c *idp.Client) { c.ApplicationType = "" },
		"redirect_uris: at least one":      func(c *idp.Client) { c.RedirectURIs = nil },
		"redirect_uris: at most":           func(c *idp.Client) { c.RedirectURIs = make([]string, maxURIs+1) },
		"grant_types: at least one":        func(c *idp.Client) { c.GrantTypes = nil },
		"grant_types: authorization_code,": func(c *idp.Client) { c.GrantTypes = append(c.GrantTypes, "implicit") },
		"grant_types: client_credentials is for": func(c *idp.Client) {
			c.GrantTypes, c.TokenEndpointAuthMethod = append(c.GrantTypes, "client_credentials"), idp.AuthNone
		},
		"require_pkce":                        func(c *idp.Client) { c.RequirePKCE, c.TokenEndpointAuthMethod = false, idp.AuthNone },
		"response_types: code, not \"token\"": func(c *idp.Client) { c.ResponseTypes = []string{"token"} },
		"token_endpoint_auth_method: client":  func(c *idp.Client) { c.TokenEndpointAuthMethod = "tls_client_auth" },
		"jwks: keys are for":                  func(c *idp.Client) { c.JWKS = []byte(`{"keys":[]}`) },
		"jwks: a set of public": func(c *idp.Client) {
			c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, []byte(`{"keys":[]}`)
		},
		"jwks: a private or symmetric": func(c *idp.Client) {
			c.TokenEndpointAuthMethod, c.JWKS = idp.AuthPrivateKeyJWT, []byte(`{"keys":[{"kty":"oct","k":"czNjcmV0"}]}`)
		},
		"scopes: there is no scope \"all\"; there are openid, profile, phone, email,": func(c *idp.Client) { c.Scopes = append(c.Scopes, idp.ClientScope{Name: "all"}) },
		"scopes: openid is needed":                func(c *idp.Client) { c.Scopes = nil },
		"id_token_signed_response_alg: ES256":     func(c *idp.Client) { c.IDTokenAlg = "none" },
		"min_level: 1, 2 or 3":                    func(c *idp.Client) { c.MinLevel = 4 },
		"default_max_age: seconds":                func(c *idp.Client) { c.DefaultMaxAge = -1 },
		"post_logout_redirect_uris: \"/goodbye\"": func(c *idp.Client) { c.PostLogoutRedirectURIs = []string{"/goodbye"} },
	} {
		c := goodClient()
		change(c)
		if err := checkClient(c, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("refusal %v, want one with %q", err, want)
		}
	}
}

func TestRedirectProblem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address     string
		web, native bool // whether it is good for one
	}{
		{"https://shop.example.com/callback", true, true},
		{"https://shop.example.com:8443/callback?from=vhod", true, true},
		{"http://localhost:8090/callback", false, true},
		{"http://127.0.0.1/callback", false, true},
		{"http://[::1]/callback", false, true},
		{"com.example.app:/callback", false, true},
		{"myapp:/callback", false, false},
		{"http://shop.example.com/callback", false, false},
		{"http://localhost.example.com/callback", false, false},
		{"https:///callback", false, false},
		{"https://user:secret@shop.example.com/", false, false},
		{"https://shop.example.com/callback#", false, false},
		{"https://shop.example.com/../callback", false, false},
		{"https://*.example.com/", false, false},
		{"https://:443/callback", false, false},
		{"https://shop.example.com:/callback", false, false},
		{"https://shop.example.com:0/callback", false, false},
		{"https://shop.example.com:65535/callback", true, true},
		{"https://shop.example.com:65536/callback", false, false},
		{"https://shop.example.com:99999999999999999999/callback", false, false},
		{"https://[fe80::1%25eth0]/callback", false, false},
		{"http://[::1%25lo]:8090/callback", false, false},
		{"http://127.0.0.1:70000/callback", false, false},
		{"https://[2001:db8::1]:8443/callback", true, true},
		{"https://shop.example.com/callback?code=1", false, false},
		{"https://shop.example.com/callback?from=vhod&state=", false, false},
		{"https://shop.example.com/callback?iss=x", false, false},
		{"https://shop.example.com/callback?%65rror=x", false, false},
		{"https://shop.example.com/callback?a=1;code=2", false, false},
		{"com.example.app:/callback?code=1", false, false},
		{"https://shop.example.com\\@evil.example.com/", false, false},
		{"//shop.example.com/callback", false, false},
		{"/callback", false, false},
		{"", false, false},
		{"javascript:alert(1)", false, false},
		{"data:text/html,hello", false, false},
		{"https://shop.example.com/" + strings.Repeat("a", maxURI), false, false},
	} {
		if problem := redirectProblem(c.address, false, false); (problem == "") != c.web {
			t.Errorf("web, %q: %q", c.address, problem)
		}
		if problem := redirectProblem(c.address, true, false); (problem == "") != c.native {
			t.Errorf("native, %q: %q", c.address, problem)
		}
	} // A sandbox's web sites are on this machine, not elsewhere.
	for address, good := range map[string]bool{"http://localhost:8090/callback": true, "http://[::1]/callback": true, "http://shop.example.com/callback": false} {
		if problem := redirectProblem(address, false, true); (problem == "") != good {
			t.Errorf("sandbox, %q: %q", address, problem)
		}
	}
}
