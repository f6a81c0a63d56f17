package idp

import "time"

// Session is a browser signed in to an account.
type Session struct {
	// ID is public: the sid of tokens and logout (OpenID Connect Front-Channel Logout 1.0 §3).
	ID [16]byte
	// CookieHash is what the browser's cookie must hash to; it changes with each
	// proof, so that a planted cookie cannot grow into a session.
	CookieHash      []byte
	OID             OID
	SecurityVersion int64
	AMR             []string
	AuthTime        time.Time
	CreatedAt       time.Time
	SeenAt          time.Time
	ExpiresAt       time.Time // the absolute end
	EndedAt         time.Time // zero while alive
	Device          Device
}

// Device is where a session was begun; sealed at rest.
type Device struct {
	IP        string `json:"ip,omitempty"`
	UserAgent string `json:"user_agent,omitempty"`
}

// Terms of sessions and proofs.
const (
	SessionIdle     = 30 * time.Minute
	SessionAbsolute = 12 * time.Hour
	// SeenEvery is how often at most the last activity is written.
	SeenEvery = time.Minute
	// SudoWindow is how fresh a proof must be to change the account.
	SudoWindow = 10 * time.Minute
	// ProofLife is how long a proof counts within a sign-in in progress.
	ProofLife = 15 * time.Minute
	// RequestLife is how long a service's request waits for the citizen.
	RequestLife = 24 * time.Hour
)

// Usable tells whether the session signs its browser in to an account now.
func (s *Session) Usable(a *Account, now time.Time) bool {
	return s != nil && s.Alive(now) && s.OID == a.OID && s.SecurityVersion == a.SecurityVersion && a.Status == StatusActive
}

// Alive tells whether the session's time has not run out.
func (s *Session) Alive(now time.Time) bool {
	return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) && !s.Idle(now)
}

// Idle tells whether nothing was done in the session for too long.
func (s *Session) Idle(now time.Time) bool { return !now.Before(s.SeenAt.Add(SessionIdle)) }
