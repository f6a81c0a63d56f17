package oauth_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestDefect1WrongVerifierBurnsTheCode: no second try, with or without a verifier.
func TestDefect1WrongVerifierBurnsTheCode(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.service("lax", func(c *idp.Client) { c.RequirePKCE, c.TokenEndpointAuthMethod = false, idp.AuthPost })
		c := p.citizen("bank", "lax")
		for name, wrong := range map[string][]string{
			"another":  {strings.Repeat("x", 43)},
			"missing":  nil,
			"empty":    {""},
			"short":    {"x"},
			"long":     {verifier + strings.Repeat("x", 100)},
			"the hash": {challenge()},
		} {
			code := c.code(nil)
			p.refused(p.redeem(code, url.Values{"code_verifier": wrong}), http.StatusBadRequest, "invalid_grant")
			p.refused(p.redeem(code, url.Values{"code_verifier": nil}), http.StatusBadRequest, "invalid_grant")
			p.refused(p.redeem(code, nil), http.StatusBadRequest, "invalid_grant")
			if t.Failed() {
				t.Fatal(name)
			}
		}
		if n := c.events(idp.EventCodeBurnt); n == 0 || c.events(idp.EventCodeRedeemed) != 0 {
			t.Errorf("%d codes burnt, %d redeemed", n, c.events(idp.EventCodeRedeemed))
		}
		// Also where PKCE is not demanded: what was asked for with it is redeemed with it.
		lax := url.Values{"client_id": {"lax"}, "client_secret": {secret}, "code_verifier": nil}
		p.refused(p.redeem(c.code(url.Values{"client_id": {"lax"}}), lax), http.StatusBadRequest, "invalid_grant")
		bare := url.Values{"client_id": {"lax"}, "code_challenge": nil, "code_challenge_method": nil}
		if r := p.redeem(c.code(bare), lax); r.status != http.StatusOK {
			t.Errorf("without PKCE: %d %s", r.status, r.raw)
		}
		p.refused(p.redeem(c.code(bare), url.Values{"client_id": {"lax"}, "client_secret": {secret}}), http.StatusBadRequest, "invalid_grant") // RFC 9700 §4.8.2
	})
}

// TestDefect2CodeIsSpentByOneStatement under 32 racers; the others are told
// invalid_grant, never a fault, and what the winner got is revoked.
func TestDefect2CodeIsSpentByOneStatement(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		c := p.citizen()
		code := c.code(nil)
		var won []reply
		for _, r := range race(func() reply { return p.redeem(code, nil) }) {
			if r.status == http.StatusOK {
				won = append(won, r)
				continue
			}
			p.refused(r, http.StatusBadRequest, "invalid_grant")
		}
		if len(won) != 1 {
			t.Fatalf("%d of 32 redeemed the code, want one", len(won))
		}
		p.refused(p.userinfo(won[0].text("access_token")), http.StatusUnauthorized, "invalid_token")
		p.refused(p.refresh(won[0].text("refresh_token"), nil), http.StatusBadRequest, "invalid_grant")
		if n, m := c.events(idp.EventCodeRedeemed), c.events(idp.EventCodeReused); n != 1 || m != 31 {
			t.Errorf("events: %d redeemed, %d reused", n, m)
		}
	})
}

// TestCodeRaceOfVerifiers: a wrong verifier and the right one at once; when the
// wrong one is first, nobody wins, and never do both.
func TestCodeRaceOfVerifiers(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		c := p.citizen()
		code := c.code(nil)
		wrong := make(chan url.Values, 32)
		for i := range 32 {
			if i%2 == 0 {
				wrong <- url.Values{"code_verifier": {strings.Repeat("x", 43)}}
			} else {
				wrong <- nil
			}
		}
		won := 0
		for _, r := range race(func() reply { return p.redeem(code, <-wrong) }) {
			if r.status == http.StatusOK {
				won++
			}
		}
		if won > 1 {
			t.Errorf("%d redeemed the code", won)
		}
		p.refused(p.redeem(code, nil), http.StatusBadRequest, "invalid_grant")
	})
}

// TestDefect11CodeLivesAMinute; shown again later it still ends what it gave
// (RFC 6749 §4.1.2).
func TestDefect11CodeLivesAMinute(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	code := c.code(nil)
	p.clock.Advance(idp.CodeLife - time.Microsecond)
	tokens := p.redeem(code, nil)
	if tokens.status != http.StatusOK {
		t.Fatalf("within a minute: %d %s", tokens.status, tokens.raw)
	}
	late := c.code(nil)
	p.clock.Advance(idp.CodeLife)
	p.refused(p.redeem(late, nil), http.StatusBadRequest, "invalid_grant")
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusOK {
		t.Fatalf("userinfo: %d", r.status)
	}
	p.refused(p.redeem(code, nil), http.StatusBadRequest, "invalid_grant")
	p.refused(p.userinfo(tokens.text("access_token")), http.StatusUnauthorized, "invalid_token")
	p.refused(p.refresh(tokens.text("refresh_token"), nil), http.StatusBadRequest, "invalid_grant")
}

// TestCodeStartsNothing once what it rests on has ended.
func TestCodeStartsNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		for name, end := range map[string]func(*citizen){
			"session ended": func(c *citizen) { endSession(t, c) },
			"account secured": func(c *citizen) {
				keep := uuid.UUID(c.session.ID)
				if err := db.Secure(t.Context(), c.subject, &keep, clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
			"consent withdrawn": func(c *citizen) {
				if err := db.WithdrawConsent(t.Context(), c.subject.Account.OID, "bank", clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
		} {
			c := p.citizen()
			code := c.code(nil)
			end(c)
			p.refused(p.redeem(code, nil), http.StatusBadRequest, "invalid_grant")
			if c.events(idp.EventCodeRedeemed) != 0 || c.events(idp.EventCodeBurnt) != 1 {
				t.Errorf("%s: the journal tells otherwise", name)
			}
		}
	})
}

// TestCodeIsSealed: nothing of it can be changed or moved.
func TestCodeIsSealed(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	c := p.citizen()
	code := c.code(nil)
	for i := 0; i < len(code); i += 7 {
		other := byte('A')
		if code[i] == other {
			other = 'B'
		}
		p.refused(p.redeem(code[:i]+string(other)+code[i+1:], nil), http.StatusBadRequest, "invalid_grant")
	}
	if strings.Contains(code, c.subject.Account.OID.String()) {
		t.Error("the code tells the account")
	}
	if r := p.redeem(code, nil); r.status != http.StatusOK {
		t.Errorf("forgeries used the code up: %d %s", r.status, r.raw)
	}
}

// TestSealedForAnotherUseIsNoCode: flows are sealed with the same ring.
func TestSealedForAnotherUseIsNoCode(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	r := p.get("/oauth2/authorize?" + request(nil).Encode()) // nobody is signed in: a flow begins
	u, err := url.Parse(r.header.Get("Location"))
	if err != nil || u.Path != "/login" || u.Query().Get("flow") == "" {
		t.Fatalf("%d %q", r.status, r.header.Get("Location"))
	}
	sealed, progress, _ := strings.Cut(u.Query().Get("flow"), ".")
	for _, text := range []string{sealed, progress} {
		p.refused(p.redeem(text, nil), http.StatusBadRequest, "invalid_grant")
	}
}
