package idp

import "time"

// Grant is what one authorization code gave a service: the row that spends the
// code and carries the family of refresh tokens.
type Grant struct {
	// ID is the id of the code that made it.
	ID              [16]byte
	OID             OID
	ClientID        string
	SessionID       [16]byte
	SecurityVersion int64
	Scopes          []string
	// Generation is the number of the refresh token that is good now; zero when
	// none was issued.
	Generation int64
	RotatedAt  time.Time
	Offline    bool // outlives the session (OpenID Connect Core §11)
	AMR        []string
	ACR        string
	AuthTime   time.Time
	CreatedAt  time.Time
	ExpiresAt  time.Time
	RevokedAt  time.Time
}

// Terms of codes and tokens.
const (
	CodeLife         = time.Minute
	AccessTokenLife  = 5 * time.Minute
	IDTokenLife      = 5 * time.Minute
	RefreshTokenIdle = 30 * 24 * time.Hour
	// RefreshGrace is how long the former refresh token still answers with the
	// same successor, for services that lost the answer.
	RefreshGrace = 10 * time.Second
)
