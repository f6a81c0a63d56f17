package token

import (
	"encoding/json"
	"fmt"
	"time"

	"vhod/idp"
)

// Code is an authorization code: sealed, so that issuing it costs no write. Its
// id is spent by the row of the grant that it makes.
type Code struct {
	Grant
	SecurityVersion int64  `json:"v"`
	RedirectURI     string `json:"r"`
	Nonce           string `json:"n,omitempty"`
	// Challenge is the S256 challenge (RFC 7636 §4.2); empty when there was none.
	Challenge string    `json:"p,omitempty"`
	ExpiresAt time.Time `json:"e"`
}

const purposeCode = "oauth.code"

// maxCode bounds what is read from a stranger: the longest text that Ring.Seal makes.
const maxCode = 16 << 10

// Code seals a code; it is good for idp.CodeLife.
func (i *Issuer) Code(c *Code) (string, error) {
	c.ExpiresAt = i.Now().Add(idp.CodeLife)
	plain, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("seal code: %w", err)
	}
	return i.Ring.Seal(purposeCode, []byte(i.URL), plain)
}

// ParseCode opens a code of ours, expired or not; ok is false for any other.
func (i *Issuer) ParseCode(text string) (*Code, bool) {
	if len(text) > maxCode {
		return nil, false
	}
	plain, err := i.Ring.Open(purposeCode, []byte(i.URL), text)
	if err != nil {
		return nil, false
	}
	var c Code
	if err := json.Unmarshal(plain, &c); err != nil {
		return nil, false
	}
	return &c, true
}

// Expired tells whether the code's minute has passed.
func (c *Code) Expired(now time.Time) bool { return !now.Before(c.ExpiresAt) }
