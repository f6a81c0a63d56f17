package flow

import (
	"slices"
	"time"

	"vhod/idp"
)

// Next decides the next step of a flow, and nothing else does. It is pure: c is
// the service of the flow's request (nil for the own account), s the account
// named so far (nil when none, or when it may not be used any more).
func Next(f *Flow, c *idp.Client, s *idp.Subject, now time.Time) Step {
	step := next(f, c, s, now)
	if f.asks("none") && step.Kind != StepDone && step.Kind != StepRefuse {
		return refuse(silentErrors[step.Kind]) // OpenID Connect Core §3.1.2.6
	}
	return step
}

func next(f *Flow, c *idp.Client, s *idp.Subject, now time.Time) Step {
	if s == nil || f.OID == 0 || s.Account.OID != f.OID ||
		s.Account.Status != idp.StatusActive || s.Account.SecurityVersion != f.SecurityVersion {
		return Step{Kind: StepLogin}
	}
	if f.asks("select_account") && !f.AccountChosen && len(f.Proofs) == 0 {
		return Step{Kind: StepAccount}
	}
	auth, ok := authentication(f, s, now)
	if !ok {
		return Step{Kind: StepLogin}
	}
	if f.Request != nil && f.Request.HintedOID != 0 && f.Request.HintedOID != f.OID {
		// The person meant by id_token_hint is not the one signed in
		// (OpenID Connect Core §3.1.2.1).
		if len(f.Proofs) == 0 {
			return Step{Kind: StepLogin}
		}
		return refuse("login_required")
	}
	if !auth.TwoFactors && wantsSecond(f, c, s) {
		if methods := secondFactors(s); len(methods) > 0 {
			return Step{Kind: methods[0]}
		}
		if c != nil && c.SecondFactor {
			return Step{Kind: StepLevel, Lacks: LacksSecondFactor}
		}
	}
	if c != nil && s.Account.Level < c.MinLevel {
		return Step{Kind: StepLevel, Lacks: LacksLevel}
	}
	if f.Request != nil && !f.Consented && (f.asks("consent") || !s.Consent.Covers(f.Request.Scopes)) {
		return Step{Kind: StepConsent}
	}
	return Step{Kind: StepDone}
}

// wantsSecond tells whether two factors are asked: by the owner, by the level of
// the account (R-LOG-2), by the service, or by the request as a wish (acr_values
// is voluntary, OpenID Connect Core §3.1.2.1).
func wantsSecond(f *Flow, c *idp.Client, s *idp.Subject) bool {
	if s.Account.SecondFactor != idp.SecondFactorOff || s.Account.SecondFactorCompulsory() || c != nil && c.SecondFactor {
		return true
	}
	return f.Request != nil && slices.ContainsFunc(f.Request.ACRValues, func(v string) bool {
		_, twoFactors, ok := idp.ParseACR(v)
		return ok && twoFactors
	})
}
