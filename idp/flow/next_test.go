package flow

import (
	"slices"
	"testing"
	"time"

	"vhod/idp"
)

var (
	now      = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	password = Method{Name: "password", Factor: Knowledge, AMR: "pwd", First: true}
	sms      = Method{Name: "sms", Factor: Possession, AMR: "otp"}
)

type situation struct {
	flow    Flow
	client  *idp.Client
	subject *idp.Subject
}

func serviceFlow(prompt ...string) Flow {
	return Flow{BeganAt: now.Add(-time.Minute), Request: &Request{ClientID: "bank", Scopes: []string{"openid", "profile"}, Prompt: prompt}}
}

func citizen() *idp.Subject {
	return &idp.Subject{
		Account: idp.Account{OID: 1000000001, Level: idp.LevelSimplified, Status: idp.StatusActive, SecurityVersion: 1, SecondFactor: idp.SecondFactorOff},
		Profile: idp.Profile{Phone: "+79990000001", PhoneVerifiedAt: now.Add(-time.Hour)},
	}
}

func (s *situation) named() *situation {
	s.flow.OID, s.flow.SecurityVersion = s.subject.Account.OID, 1
	return s
}

func (s *situation) proved(m Method, ago time.Duration) *situation {
	s.flow.Prove(m, now.Add(-ago))
	return s
}

func (s *situation) session(ago time.Duration, amr ...string) *situation {
	s.named()
	s.subject.Session = &idp.Session{OID: s.subject.Account.OID, SecurityVersion: 1, AMR: amr, AuthTime: now.Add(-ago), SeenAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour)}
	return s
}

func (s *situation) with(change func(*situation)) *situation { change(s); return s }

func consented(s *situation) { s.subject.Consent.Scopes = []string{"openid", "profile"} }

func begin(prompt ...string) *situation {
	return &situation{flow: serviceFlow(prompt...), client: &idp.Client{ID: "bank"}, subject: citizen()}
}

func TestNext(t *testing.T) {
	t.Parallel()
	secondOn := func(s *situation) { s.subject.Account.SecondFactor = idp.SecondFactorSMS }
	noPhone := func(s *situation) { s.subject.Profile.Phone = "" }
	maxAge := func(seconds int64) func(*situation) {
		return func(s *situation) { s.flow.MaxAge = &seconds }
	}
	cases := map[string]struct {
		s    *situation
		want Step
	}{
		"a new flow asks to sign in":                        {begin(), Step{Kind: StepLogin}},
		"a named account without proof asks to sign in":     {begin().named(), Step{Kind: StepLogin}},
		"a password leads to consent":                       {begin().named().proved(password, 0), Step{Kind: StepConsent}},
		"a remembered consent is not asked again":           {begin().named().proved(password, 0).with(consented), Step{Kind: StepDone}},
		"more scopes ask consent again":                     {begin().named().proved(password, 0).with(consented).with(func(s *situation) { s.flow.Request.Scopes = append(s.flow.Request.Scopes, "email") }), Step{Kind: StepConsent}},
		"prompt=consent asks though remembered":             {begin("consent").named().proved(password, 0).with(consented), Step{Kind: StepConsent}},
		"an answered consent is done":                       {begin("consent").named().proved(password, 0).with(func(s *situation) { s.flow.Consented = true }), Step{Kind: StepDone}},
		"a proof counts for fifteen minutes":                {begin().named().proved(password, idp.ProofLife+time.Second), Step{Kind: StepLogin}},
		"the second factor follows the first":               {begin().named().proved(password, 0).with(secondOn), Step{Kind: StepSMS}},
		"both factors lead on":                              {begin().named().proved(password, 0).proved(sms, 0).with(secondOn).with(consented), Step{Kind: StepDone}},
		"a second factor alone is no sign-in":               {begin().named().proved(sms, 0).with(secondOn), Step{Kind: StepLogin}},
		"the standard level demands a second factor":        {begin().named().proved(password, 0).with(func(s *situation) { s.subject.Account.Level = idp.LevelStandard }), Step{Kind: StepSMS}},
		"a service demands a second factor":                 {begin().named().proved(password, 0).with(func(s *situation) { s.client.SecondFactor = true }), Step{Kind: StepSMS}},
		"a demanded factor that the account lacks":          {begin().named().proved(password, 0).with(noPhone).with(func(s *situation) { s.client.SecondFactor = true }), Step{Kind: StepLevel, Lacks: LacksSecondFactor}},
		"acr_values wish for a second factor":               {begin().named().proved(password, 0).with(func(s *situation) { s.flow.Request.ACRValues = []string{"x", idp.ACR(1, true)} }), Step{Kind: StepSMS}},
		"a wish that cannot be met is let go":               {begin().named().proved(password, 0).with(noPhone).with(consented).with(func(s *situation) { s.flow.Request.ACRValues = []string{idp.ACR(1, true)} }), Step{Kind: StepDone}},
		"a level that the account lacks":                    {begin().named().proved(password, 0).with(func(s *situation) { s.client.MinLevel = idp.LevelConfirmed }), Step{Kind: StepLevel, Lacks: LacksLevel}},
		"single sign-on":                                    {begin().session(5*time.Minute, "pwd").with(consented), Step{Kind: StepDone}},
		"single sign-on with consent to give":               {begin().session(5*time.Minute, "pwd"), Step{Kind: StepConsent}},
		"an idle session does not count":                    {begin().session(5*time.Minute, "pwd").with(func(s *situation) { s.subject.Session.SeenAt = now.Add(-idp.SessionIdle) }), Step{Kind: StepLogin}},
		"an ended session does not count":                   {begin().session(5*time.Minute, "pwd").with(func(s *situation) { s.subject.Session.EndedAt = now }), Step{Kind: StepLogin}},
		"a session of an older security version":            {begin().session(5*time.Minute, "pwd").with(func(s *situation) { s.subject.Session.SecurityVersion = 0 }), Step{Kind: StepLogin}},
		"prompt=login wants a proof after the request":      {begin("login").session(5*time.Minute, "pwd").with(consented), Step{Kind: StepLogin}},
		"prompt=login is content with a proof":              {begin("login").session(5*time.Minute, "pwd").proved(password, 0).with(consented), Step{Kind: StepDone}},
		"prompt=select_account asks":                        {begin("select_account").session(5*time.Minute, "pwd").with(consented), Step{Kind: StepAccount}},
		"a chosen account goes on":                          {begin("select_account").session(5*time.Minute, "pwd").with(consented).with(func(s *situation) { s.flow.AccountChosen = true }), Step{Kind: StepDone}},
		"max_age wants a fresher session":                   {begin().session(5*time.Minute, "pwd").with(consented).with(maxAge(60)), Step{Kind: StepLogin}},
		"max_age of a fresh session":                        {begin().session(5*time.Minute, "pwd").with(consented).with(maxAge(600)), Step{Kind: StepDone}},
		"max_age=0 is content with a proof":                 {begin().session(5*time.Minute, "pwd").proved(password, 0).with(consented).with(maxAge(0)), Step{Kind: StepDone}},
		"a session steps up with the second factor alone":   {begin().session(5*time.Minute, "pwd").with(secondOn).with(consented), Step{Kind: StepSMS}},
		"a stepped-up session goes on":                      {begin().session(5*time.Minute, "pwd").proved(sms, 0).with(secondOn).with(consented), Step{Kind: StepDone}},
		"a session with two factors":                        {begin().session(5*time.Minute, "pwd", "otp", "mfa").with(secondOn).with(consented), Step{Kind: StepDone}},
		"prompt=none without a session":                     {begin("none"), refuse("login_required")},
		"prompt=none without consent":                       {begin("none").session(5*time.Minute, "pwd"), refuse("consent_required")},
		"prompt=none in need of a second factor":            {begin("none").session(5*time.Minute, "pwd").with(secondOn), refuse("interaction_required")},
		"prompt=none that can be answered":                  {begin("none").session(5*time.Minute, "pwd").with(consented), Step{Kind: StepDone}},
		"prompt=none for an aged session":                   {begin("none").session(5*time.Minute, "pwd").with(consented).with(maxAge(1)), refuse("login_required")},
		"id_token_hint of another person asks to sign in":   {begin().session(5*time.Minute, "pwd").with(func(s *situation) { s.flow.Request.HintedOID = 42 }), Step{Kind: StepLogin}},
		"id_token_hint of another person after a proof":     {begin().named().proved(password, 0).with(func(s *situation) { s.flow.Request.HintedOID = 42 }), refuse("login_required")},
		"a new security version voids the proofs":           {begin().named().proved(password, 0).with(func(s *situation) { s.subject.Account.SecurityVersion = 2 }), Step{Kind: StepLogin}},
		"a blocked account must sign in, which refuses it":  {begin().named().proved(password, 0).with(func(s *situation) { s.subject.Account.Status = idp.StatusBlocked }), Step{Kind: StepLogin}},
		"an account that vanished":                          {begin().named().proved(password, 0).with(func(s *situation) { s.subject = nil }), Step{Kind: StepLogin}},
		"the own account needs no consent":                  {begin().named().proved(password, 0).with(func(s *situation) { s.flow.Request, s.client = nil, nil }), Step{Kind: StepDone}},
		"a change of the own account wants a fresh session": {begin().session(12*time.Minute, "pwd").with(maxAge(600)).with(func(s *situation) { s.flow.Request, s.client = nil, nil }), Step{Kind: StepLogin}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Next(&c.s.flow, c.s.client, c.s.subject, now); got != c.want {
				t.Errorf("Next = %+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	s := begin().session(5*time.Minute, "pwd").proved(sms, 0)
	auth, ok := authentication(&s.flow, s.subject, now)
	if !ok || !auth.TwoFactors || !slices.Contains(auth.AMR, "pwd") || !slices.Contains(auth.AMR, "otp") || !slices.Contains(auth.AMR, "mfa") {
		t.Errorf("step-up = %+v %v, want pwd, otp and mfa", auth, ok)
	}
	if !auth.Time.Equal(s.subject.Session.AuthTime) {
		t.Errorf("time = %v, want that of the first proof, %v", auth.Time, s.subject.Session.AuthTime)
	}
	one := begin().named().proved(password, time.Second)
	auth, ok = authentication(&one.flow, one.subject, now)
	if !ok || auth.TwoFactors || slices.Contains(auth.AMR, "mfa") {
		t.Errorf("password alone = %+v %v, want one factor", auth, ok)
	}
}

func TestNameDropsForeignProofs(t *testing.T) {
	t.Parallel()
	var p Progress
	a := idp.Account{OID: 1000000001, SecurityVersion: 1}
	p.Name(a)
	p.Prove(password, now)
	p.Name(a)
	if len(p.Proofs) != 1 {
		t.Fatalf("naming the same account again dropped its proof")
	}
	a.SecurityVersion = 2
	if p.Name(a); len(p.Proofs) != 0 {
		t.Errorf("a newer security version kept proofs")
	}
	p.Prove(password, now)
	p.Name(idp.Account{OID: 1000000002, SecurityVersion: 2})
	if len(p.Proofs) != 0 {
		t.Errorf("another account kept proofs")
	}
}
