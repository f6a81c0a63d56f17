package oauth

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/keys"
)

// discoveryDocument tells what works, and nothing else (OpenID Connect Discovery
// §3, RFC 8414 §2).
func discoveryDocument(issuer string) ([]byte, error) {
	methods := []string{idp.AuthBasic, idp.AuthPost, idp.AuthPrivateKeyJWT, idp.AuthNone}
	confidential := methods[:3]
	assertion := []string{keys.ES256, keys.RS256, keys.PS256, keys.EdDSA}
	claims := []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid", "at_hash"}
	for _, scope := range idp.Scopes() {
		claims = append(claims, claimNames[scope]...)
	}
	return json.Marshal(map[string]any{
		"issuer":                                           issuer,
		"authorization_endpoint":                           issuer + authorizePath,
		"token_endpoint":                                   issuer + tokenPath,
		"userinfo_endpoint":                                issuer + "/oauth2/userinfo",
		"jwks_uri":                                         issuer + "/oauth2/jwks",
		"introspection_endpoint":                           issuer + "/oauth2/introspect",
		"revocation_endpoint":                              issuer + "/oauth2/revoke",
		"end_session_endpoint":                             issuer + logoutPath,
		"scopes_supported":                                 idp.Scopes(),
		"claims_supported":                                 claims,
		"response_types_supported":                         []string{"code"},
		"response_modes_supported":                         []string{modeQuery, modeFragment, modeFormPost},
		"grant_types_supported":                            grantTypes,
		"subject_types_supported":                          []string{"public"},
		"acr_values_supported":                             idp.ACRValues(),
		"prompt_values_supported":                          []string{"none", "login", "consent", "select_account"},
		"id_token_signing_alg_values_supported":            []string{keys.RS256, keys.ES256, keys.PS256, keys.EdDSA},
		"token_endpoint_auth_methods_supported":            methods,
		"token_endpoint_auth_signing_alg_values_supported": assertion,
		"introspection_endpoint_auth_methods_supported":    confidential,
		"introspection_endpoint_auth_signing_alg_values_supported": assertion,
		"revocation_endpoint_auth_methods_supported":               methods,
		"revocation_endpoint_auth_signing_alg_values_supported":    assertion,
		"code_challenge_methods_supported":                         []string{"S256"},
		"ui_locales_supported":                                     []string{"ru", "en"},
		"claims_parameter_supported":                               false,
		"request_parameter_supported":                              false,
		"request_uri_parameter_supported":                          false,
		"authorization_response_iss_parameter_supported":           true, // RFC 9207 §3
		"op_policy_uri":                                            issuer + "/help/personal-data",
		"op_tos_uri":                                               issuer + "/help/terms",
	})
}

// Discovery is GET /.well-known/openid-configuration and
// /.well-known/oauth-authorization-server.
func (p *Provider) Discovery(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "public, max-age=300")
	return c.JSONBlob(http.StatusOK, p.discovery)
}

// JWKS is GET /oauth2/jwks: the public keys (RFC 7517 §5). A next key stands here
// longer than the answer may be cached before it signs.
func (p *Provider) JWKS(c echo.Context) error {
	body, etag := p.Ring.JWKS()
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=300")
	h.Set("ETag", etag)
	if matches(c.Request().Header.Get("If-None-Match"), etag) {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, "application/jwk-set+json", body)
}

// matches compares a list of entity tags weakly (RFC 9110 §13.1.2).
func matches(list, etag string) bool {
	for tag := range strings.SplitSeq(list, ",") {
		if tag = strings.TrimSpace(tag); tag == "*" || strings.TrimPrefix(tag, "W/") == etag {
			return true
		}
	}
	return false
}

// CORS lets pages of services call an endpoint that takes no cookie (Fetch
// §3.2), as the specifications of public metadata, tokens and userinfo want.
func CORS(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		h := c.Response().Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if c.Request().Method == http.MethodOptions {
			h.Set("Access-Control-Allow-Methods", "GET, POST")
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			h.Set("Access-Control-Max-Age", "3600")
			return c.NoContent(http.StatusNoContent)
		}
		h.Set("Access-Control-Expose-Headers", "WWW-Authenticate")
		return next(c)
	}
}
