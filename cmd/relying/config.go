package relying

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Config is everything the two services need to know. Addr, Log and HTTPClient
// have safe zero values; the rest is required.
type Config struct {
	Addr    string // listening address for Run; empty means 127.0.0.1:8090
	BaseURL string // address people's browsers use, scheme and host only: http://localhost:8090
	Issuer  string // the provider's issuer identifier, exactly as in its discovery document
	Bank    Client
	State   Client
	Now     func() time.Time // the clock, also used to judge tokens
	Log     *slog.Logger     // nil discards
	// HTTPClient carries every call to the provider; nil means a client of its
	// own. Redirects are not followed and answers over 1 MiB are cut off.
	HTTPClient *http.Client
}

// Client is a registration at the provider. Exactly one of Secret and Key is
// set, and decides how the service authenticates.
type Client struct {
	ID     string
	Secret string   // client_secret_basic, RFC 6749 §2.3.1
	Key    []byte   // private_key_jwt, RFC 7523 §2.2: P-256 private key, PEM or JWK
	KeyID  string   // kid of Key; empty means the JWK's own, else its RFC 7638 thumbprint
	Scopes []string // empty means the service's usual ones
}

func (c Config) validate() (Config, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil {
		return c, fmt.Errorf("base URL: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" || base.User != nil ||
		strings.Trim(base.Path, "/") != "" || base.RawQuery != "" || base.Fragment != "" {
		return c, fmt.Errorf("base URL %q: want scheme and host only", c.BaseURL)
	}
	c.BaseURL = base.Scheme + "://" + base.Host
	issuer, err := url.Parse(c.Issuer)
	if err != nil {
		return c, fmt.Errorf("issuer: %w", err)
	}
	// OpenID Connect Discovery 1.0 §2: no query, no fragment.
	if (issuer.Scheme != "http" && issuer.Scheme != "https") || issuer.Host == "" || issuer.RawQuery != "" || issuer.Fragment != "" {
		return c, fmt.Errorf("issuer %q: not an issuer address", c.Issuer)
	}
	if c.Now == nil {
		return c, errors.New("no clock")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Addr == "" {
		c.Addr = "127.0.0.1:8090"
	}
	if len(c.Bank.Scopes) == 0 {
		c.Bank.Scopes = []string{"openid", "profile", "phone", "email", "offline_access"}
	}
	if len(c.State.Scopes) == 0 {
		c.State.Scopes = []string{"openid", "profile", "snils", "level"}
	}
	return c, nil
}
