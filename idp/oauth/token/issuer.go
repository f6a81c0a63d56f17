package token

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
)

// Issuer makes and reads tokens.
type Issuer struct {
	Ring *keys.Ring
	Now  idp.Clock
	// URL is the provider's issuer identifier.
	URL string
}

// Header types: an ID token is never taken for an access token (RFC 9068 §2.1).
const (
	typeAccess = "at+jwt"
	typeID     = "JWT"
)

// Grant is what was granted: the facts that tokens tell.
type Grant struct {
	ID        uuid.UUID `json:"i"` // zero for client_credentials
	OID       idp.OID   `json:"o"` // zero for client_credentials
	ClientID  string    `json:"c"`
	SessionID uuid.UUID `json:"b"`
	Scopes    []string  `json:"s"`
	AMR       []string  `json:"m,omitempty"`
	ACR       string    `json:"a,omitempty"`
	AuthTime  time.Time `json:"t"`
}

// Subject is the sub of the grant: the person's number, or the service itself.
func (g *Grant) Subject() string {
	if g.OID == 0 {
		return g.ClientID
	}
	return g.OID.String()
}

// Access is an access token's content (RFC 9068 §2.2).
type Access struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	ClientID string   `json:"client_id"`
	Scope    string   `json:"scope,omitempty"`
	IssuedAt int64    `json:"iat"`
	Expires  int64    `json:"exp"`
	ID       string   `json:"jti"`
	AuthTime int64    `json:"auth_time,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
}

// OID is whom the token speaks of; zero when it is of a service alone.
func (a *Access) OID() idp.OID {
	if r, ok := a.Reference(); !ok || r.Grant == uuid.Nil {
		return 0
	}
	oid, err := strconv.ParseInt(a.Subject, 10, 64)
	if err != nil {
		return 0
	}
	return idp.OID(oid)
}

// Access issues an access token; it is good for idp.AccessTokenLife.
func (i *Issuer) Access(ctx context.Context, g *Grant) (string, error) {
	now := i.Now()
	a := Access{
		Issuer: i.URL, Subject: g.Subject(), Audience: i.URL, ClientID: g.ClientID, Scope: strings.Join(g.Scopes, " "),
		IssuedAt: now.Unix(), Expires: now.Add(idp.AccessTokenLife).Unix(), ID: newTokenID(g), ACR: g.ACR, AMR: g.AMR,
	}
	if !g.AuthTime.IsZero() {
		a.AuthTime = g.AuthTime.Unix()
	}
	return i.Ring.Sign(ctx, keys.ES256, typeAccess, a)
}

// id is an ID token's content (OpenID Connect Core §2).
type id struct {
	Issuer     string   `json:"iss"`
	Subject    string   `json:"sub"`
	Audience   string   `json:"aud"`
	IssuedAt   int64    `json:"iat"`
	Expires    int64    `json:"exp"`
	AuthTime   int64    `json:"auth_time"`
	Nonce      string   `json:"nonce,omitempty"`
	ACR        string   `json:"acr,omitempty"`
	AMR        []string `json:"amr,omitempty"`
	SessionID  string   `json:"sid,omitempty"`
	AccessHash string   `json:"at_hash,omitempty"`
}

// ID issues an ID token signed with alg. access is the access token beside it,
// nonce that of the request: empty on refresh (OpenID Connect Core §12.2).
func (i *Issuer) ID(ctx context.Context, g *Grant, alg, nonce, access string) (string, error) {
	now := i.Now()
	return i.Ring.Sign(ctx, alg, typeID, id{
		Issuer: i.URL, Subject: g.Subject(), Audience: g.ClientID, IssuedAt: now.Unix(), Expires: now.Add(idp.IDTokenLife).Unix(),
		AuthTime: g.AuthTime.Unix(), Nonce: nonce, ACR: g.ACR, AMR: g.AMR, SessionID: SessionID(g.SessionID), AccessHash: accessHash(alg, access),
	})
}

// SessionID is the sid of a session (OpenID Connect Front-Channel Logout 1.0 §3).
func SessionID(session uuid.UUID) string {
	if session == uuid.Nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(session[:])
}

// accessHash is the left half of the token's hash (OpenID Connect Core §3.1.3.6);
// Ed25519 hashes with SHA-512.
func accessHash(alg, access string) string {
	if access == "" {
		return ""
	}
	if alg == keys.EdDSA {
		sum := sha512.Sum512([]byte(access))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(access))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
