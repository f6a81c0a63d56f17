package idp

import (
	"encoding/json"
	"slices"
	"time"
)

// Client is a relying service. The JSON names of its metadata are those of
// OpenID Connect Dynamic Client Registration 1.0 §2 and RFC 7591 §2.
type Client struct {
	ID string `json:"client_id"`
	// SecretHash is the SHA-256 of a generated 256-bit secret; empty when the
	// service authenticates otherwise.
	SecretHash []byte       `json:"-"`
	Status     ClientStatus `json:"-"`
	CreatedAt  time.Time    `json:"-"`
	UpdatedAt  time.Time    `json:"-"`

	Name        map[string]string `json:"names"`                  // by language
	Description map[string]string `json:"descriptions,omitempty"` // by language
	URI         string            `json:"client_uri,omitempty"`
	PolicyURI   string            `json:"policy_uri,omitempty"`
	TermsURI    string            `json:"tos_uri,omitempty"`

	RedirectURIs           []string `json:"redirect_uris,omitempty"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris,omitempty"`
	ResponseTypes          []string `json:"response_types,omitempty"`
	GrantTypes             []string `json:"grant_types,omitempty"`
	ApplicationType        string   `json:"application_type,omitempty"` // "web", "native"

	TokenEndpointAuthMethod string          `json:"token_endpoint_auth_method"`
	JWKS                    json.RawMessage `json:"jwks,omitempty"`
	IDTokenAlg              string          `json:"id_token_signed_response_alg,omitempty"`

	// Scopes the service may ask for, each with the reason shown to the citizen.
	Scopes []ClientScope `json:"scopes"`
	// MinLevel is the least level with which a citizen is let through.
	MinLevel Level `json:"min_level,omitempty"`
	// SecondFactor demands two factors of everyone.
	SecondFactor bool `json:"second_factor,omitempty"`
	// DefaultMaxAge is in seconds; zero is none (registration §2 default_max_age).
	DefaultMaxAge int64 `json:"default_max_age,omitempty"`
	// RequirePKCE is off only for services that cannot (OpenID Connect basic profile).
	RequirePKCE bool `json:"require_pkce"`
}

// ClientScope is one scope with the reason the service gave for it, by language.
type ClientScope struct {
	Name   string            `json:"name"`
	Reason map[string]string `json:"reason,omitempty"`
}

// ClientStatus says whether a service may use the provider.
type ClientStatus string

// The states of a service.
const (
	ClientActive   ClientStatus = "active"
	ClientDisabled ClientStatus = "disabled"
)

// Client authentication methods (OpenID Connect Core §9).
const (
	AuthBasic         = "client_secret_basic"
	AuthPost          = "client_secret_post"
	AuthPrivateKeyJWT = "private_key_jwt"
	AuthNone          = "none"
)

// Public tells whether the service holds no credential (RFC 6749 §2.1).
func (c *Client) Public() bool { return c.TokenEndpointAuthMethod == AuthNone }

// MayGrant tells whether a grant type was registered.
func (c *Client) MayGrant(grantType string) bool { return slices.Contains(c.GrantTypes, grantType) }

// MayAsk tells whether a scope was registered.
func (c *Client) MayAsk(scope string) bool {
	return slices.ContainsFunc(c.Scopes, func(s ClientScope) bool { return s.Name == scope })
}

// Reason is why the service asks for a scope, in a language or in any it gave.
func (c *Client) Reason(scope, lang string) string {
	for _, s := range c.Scopes {
		if s.Name == scope {
			return inLanguage(s.Reason, lang)
		}
	}
	return ""
}

// NameIn is the service's name in a language or in any it gave.
func (c *Client) NameIn(lang string) string {
	if name := inLanguage(c.Name, lang); name != "" {
		return name
	}
	return c.ID
}

// DescriptionIn is the service's description in a language or in any it gave.
func (c *Client) DescriptionIn(lang string) string { return inLanguage(c.Description, lang) }

func inLanguage(texts map[string]string, lang string) string {
	if s := texts[lang]; s != "" {
		return s
	}
	for _, other := range []string{"ru", "en"} {
		if s := texts[other]; s != "" {
			return s
		}
	}
	return ""
}
