package token

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"

	"vhod/idp"
	"vhod/keys"
)

// ErrToken: the token is not ours, not of this kind, changed or expired.
var ErrToken = keys.ErrToken

// VerifyAccess reads an access token of ours that has not expired. Other errors
// than ErrToken mean that the keys could not be asked.
func (i *Issuer) VerifyAccess(ctx context.Context, text string) (*Access, error) {
	header, payload, err := i.Ring.Verify(ctx, text, []string{keys.ES256})
	if err != nil {
		return nil, err
	}
	var a Access
	if header.Typ != typeAccess || json.Unmarshal(payload, &a) != nil {
		return nil, ErrToken
	}
	// RFC 9068 §4
	if a.Issuer != i.URL || a.Audience != i.URL || i.Now().Unix() >= a.Expires {
		return nil, ErrToken
	}
	return &a, nil
}

// Hint is what an id_token_hint tells.
type Hint struct {
	OID      idp.OID
	ClientID string
	Session  string
}

// VerifyHint reads an ID token of ours, expired or not (OpenID Connect Core
// §3.1.2.1, RP-Initiated Logout 1.0 §4).
func (i *Issuer) VerifyHint(ctx context.Context, text string) (*Hint, error) {
	header, payload, err := i.Ring.Verify(ctx, text, []string{keys.ES256, keys.RS256, keys.PS256, keys.EdDSA})
	if err != nil {
		return nil, err
	}
	var t id
	if header.Typ != typeID || json.Unmarshal(payload, &t) != nil || t.Issuer != i.URL {
		return nil, ErrToken
	}
	oid, err := strconv.ParseInt(t.Subject, 10, 64)
	if err != nil {
		return nil, errors.Join(ErrToken, err)
	}
	return &Hint{OID: idp.OID(oid), ClientID: t.Audience, Session: t.SessionID}, nil
}
