package flow

import (
	"slices"
	"time"

	"vhod/idp"
)

// secondFactors lists the steps with which the person can add a factor.
func secondFactors(s *idp.Subject) []StepKind {
	if s.Profile.Phone != "" && !s.Profile.PhoneVerifiedAt.IsZero() {
		return []StepKind{StepSMS}
	}
	return nil
}

// Authentication is how the person was authenticated: what goes to the session
// and the tokens.
type Authentication struct {
	Time       time.Time
	AMR        []string
	TwoFactors bool
}

// ACR is the class of the authentication for an account's level.
func (a Authentication) ACR(l idp.Level) string { return idp.ACR(l, a.TwoFactors) }

// authentication weighs the fresh proofs and the session; ok is false when no
// first proof counts.
func authentication(f *Flow, s *idp.Subject, now time.Time) (auth Authentication, ok bool) {
	factors := map[Factor]bool{}
	for _, p := range f.Proofs {
		if now.After(p.At.Add(idp.ProofLife)) {
			continue
		}
		auth.AMR = append(auth.AMR, p.AMR)
		factors[p.Factor] = true
		if p.First {
			ok = true
			auth.Time = p.At
		}
	}
	if s.Session != nil && sessionCounts(f, s.Session, now) {
		if !ok {
			ok = true
			auth.Time = s.Session.AuthTime
		}
		auth.TwoFactors = slices.Contains(s.Session.AMR, amrMultiple)
		for _, amr := range s.Session.AMR {
			if !slices.Contains(auth.AMR, amr) {
				auth.AMR = append(auth.AMR, amr)
			}
		}
		// A session begun with a first proof counts as knowledge when the new
		// proof is of another class.
		factors[Knowledge] = true
	}
	auth.AMR = slices.DeleteFunc(auth.AMR, func(a string) bool { return a == amrMultiple })
	auth.TwoFactors = auth.TwoFactors || len(factors) > 1
	if auth.TwoFactors {
		auth.AMR = append(auth.AMR, amrMultiple)
	}
	return auth, ok
}

// amrMultiple is the value of RFC 8176 §2 for several factors.
const amrMultiple = "mfa"

// sessionCounts tells whether the browser's session still answers this request.
func sessionCounts(f *Flow, s *idp.Session, now time.Time) bool {
	if s.OID != f.OID || !s.Alive(now) || s.SecurityVersion != f.SecurityVersion {
		return false
	}
	if f.asks("login") && s.AuthTime.Before(f.BeganAt) { // OpenID Connect Core §3.1.2.1 prompt
		return false
	}
	// OpenID Connect Core §3.1.2.1 max_age, judged at the moment of the request.
	if f.MaxAge != nil && f.BeganAt.Sub(s.AuthTime) > time.Duration(*f.MaxAge)*time.Second {
		return false
	}
	return true
}

func (f *Flow) asks(prompt string) bool {
	return f.Request != nil && slices.Contains(f.Request.Prompt, prompt)
}
