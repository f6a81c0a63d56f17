package store_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// granting is a person who is signed in and lets the bank read.
type granting struct {
	*store.Subject
	session *idp.Session
}

func newGranting(t *testing.T, db *store.DB, clock *storetest.Clock, phone string) granting {
	t.Helper()
	s := person(t, db, clock, phone)
	g := granting{s, newSession(s, clock, phone)}
	_, err := db.FinishFlow(t.Context(), store.Finish{
		FlowID: uuid.New(), Browser: []byte(phone), Subject: s, Session: g.session, Consent: &idp.Consent{ClientID: "bank", Scopes: []string{"openid"}},
	}, clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func addBank(t *testing.T, db *store.DB, clock *storetest.Clock) *idp.Client {
	t.Helper()
	c := &idp.Client{ID: "bank", Status: idp.ClientActive, CreatedAt: clock.Now(), UpdatedAt: clock.Now()}
	if err := db.AddClient(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	return c
}

// grant is what a new code of the person gives.
func (g granting) grant(clock *storetest.Clock) idp.Grant {
	now := clock.Now()
	return idp.Grant{
		ID: uuid.New(), OID: g.Account.OID, ClientID: "bank", SessionID: g.session.ID, SecurityVersion: g.Account.SecurityVersion,
		Scopes: []string{"openid", "phone"}, Generation: 1, AMR: []string{"pwd", "otp"}, ACR: "acr", AuthTime: now, ExpiresAt: now.Add(idp.RefreshTokenIdle),
	}
}

func refreshing(g idp.Grant, generation int64, clock *storetest.Clock) store.Refreshing {
	return store.Refreshing{
		Bucket: g.OID.Bucket(), Grant: g.ID, ClientID: g.ClientID, Generation: generation, ExpiresAt: clock.Now().Add(idp.RefreshTokenIdle), Grace: idp.RefreshGrace,
	}
}

func grantEvent(clock *storetest.Clock, name idp.EventName) idp.Event {
	return idp.Event{ID: uuid.New(), At: clock.Now(), Name: name, Actor: "client", RequestID: "R1", Data: map[string]string{"a": "b"}}
}

// eventsOf counts what the journal has of an account.
func eventsOf(t *testing.T, db *store.DB, oid idp.OID, name idp.EventName) int {
	t.Helper()
	return count(t, db, `SELECT count(*) FROM event WHERE bucket = $1 AND account_id = $2 AND name = $3`, int16(oid.Bucket()), int64(oid), string(name))
}

func TestRedeemCodeRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		addBank(t, db, clock)
		who := newGranting(t, db, clock, "+79990000001")
		grant := who.grant(clock)
		var won, lost atomic.Int64
		var wg sync.WaitGroup
		for range 32 {
			wg.Go(func() {
				event, err := store.Event(idp.Event{ID: uuid.New(), At: clock.Now(), Name: idp.EventCodeRedeemed, OID: grant.OID, ClientID: "bank"})
				if err != nil {
					t.Error(err)
				}
				switch err := db.RedeemCode(t.Context(), grant, clock.Now(), event); {
				case err == nil:
					won.Add(1)
				case errors.Is(err, store.ErrConflict):
					lost.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won.Load() != 1 || lost.Load() != 31 {
			t.Errorf("%d won, %d lost", won.Load(), lost.Load())
		}
		if n := eventsOf(t, db, grant.OID, idp.EventCodeRedeemed); n != 1 {
			t.Errorf("%d events, want one: what belongs together was not kept together", n)
		}
	})
}

func TestRedeemCodeConditions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		c := addBank(t, db, clock)
		phone := 0
		for name, change := range map[string]func(granting, *idp.Grant){
			"another security version": func(_ granting, g *idp.Grant) { g.SecurityVersion++ },
			"no such session":          func(_ granting, g *idp.Grant) { g.SessionID = uuid.New() },
			"no consent":               func(_ granting, g *idp.Grant) { g.ClientID = "other" },
			"session ended": func(who granting, _ *idp.Grant) {
				if err := db.EndSession(t.Context(), who.Account.OID, who.session.ID, clock.Now()); err != nil {
					t.Fatal(err)
				}
			},
			"account blocked": func(who granting, _ *idp.Grant) {
				exec(t, db, `UPDATE account SET status = 'blocked' WHERE bucket = $1 AND account_id = $2`, int16(who.Account.OID.Bucket()), int64(who.Account.OID))
			},
		} {
			phone++
			who := newGranting(t, db, clock, "+7999000000"+string(rune('0'+phone)))
			grant := who.grant(clock)
			change(who, &grant)
			if err := db.RedeemCode(t.Context(), grant, clock.Now()); !errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v, want ErrStale", name, err)
			}
		}
		who := newGranting(t, db, clock, "+79990000020")
		grant := who.grant(clock)
		before := c.UpdatedAt
		c.Status, c.UpdatedAt = idp.ClientDisabled, clock.Now().Add(time.Second)
		if err := db.UpdateClient(t.Context(), c, before); err != nil {
			t.Fatal(err)
		}
		if err := db.RedeemCode(t.Context(), grant, clock.Now()); !errors.Is(err, store.ErrStale) {
			t.Errorf("service disabled: %v, want ErrStale", err)
		}
	})
}

func TestBurntCodeIsNeverRedeemed(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		addBank(t, db, clock)
		grant := newGranting(t, db, clock, "+79990000001").grant(clock)
		for range 2 {
			if err := db.BurnCode(t.Context(), grant, clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.RedeemCode(t.Context(), grant, clock.Now()); !errors.Is(err, store.ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
		if _, err := db.RefreshGrant(t.Context(), refreshing(grant, 0, clock), clock.Now(), grantEvent(clock, "x")); !errors.Is(err, store.ErrStale) {
			t.Errorf("refresh of a burnt grant: %v, want ErrStale", err)
		}
	})
}

// TestRefreshGrantRace: one new generation, and with the grace all are told it.
func TestRefreshGrantRace(t *testing.T) {
	t.Parallel()
	for name, grace := range map[string]time.Duration{"grace": idp.RefreshGrace, "no grace": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
				addBank(t, db, clock)
				grant := newGranting(t, db, clock, "+79990000001").grant(clock)
				if err := db.RedeemCode(t.Context(), grant, clock.Now()); err != nil {
					t.Fatal(err)
				}
				wish := refreshing(grant, 1, clock)
				wish.Grace = grace
				var moved, stale atomic.Int64
				var wg sync.WaitGroup
				for range 32 {
					wg.Go(func() {
						g, err := db.RefreshGrant(t.Context(), wish, clock.Now(), grantEvent(clock, idp.EventTokenRefreshed))
						switch {
						case errors.Is(err, store.ErrStale):
							stale.Add(1)
						case err != nil:
							t.Error(err)
						case g.Generation != 2 || g.OID != grant.OID || len(g.Scopes) != 2 || len(g.AMR) != 2 || g.SessionID != grant.SessionID:
							t.Errorf("%+v", g)
						default:
							moved.Add(1)
						}
					})
				}
				wg.Wait()
				want := int64(32)
				if grace == 0 {
					want = 1
				}
				if moved.Load() != want || stale.Load() != 32-want {
					t.Errorf("%d moved on, %d not", moved.Load(), stale.Load())
				}
				if n := eventsOf(t, db, grant.OID, idp.EventTokenRefreshed); int64(n) != want {
					t.Errorf("%d events, want %d", n, want)
				}
				if n := count(t, db, `SELECT generation FROM token_grant WHERE bucket = $1 AND grant_id = $2`, int16(grant.OID.Bucket()), grant.ID); n != 2 {
					t.Errorf("generation %d, want 2", n)
				}
			})
		})
	}
}

func TestRefreshGrantConditions(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		addBank(t, db, clock)
		who := newGranting(t, db, clock, "+79990000001")
		grant := who.grant(clock)
		if err := db.RedeemCode(t.Context(), grant, clock.Now()); err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*store.Refreshing){
			"an older generation": func(r *store.Refreshing) { r.Generation = 0 },
			"a later generation":  func(r *store.Refreshing) { r.Generation = 2 },
			"another service":     func(r *store.Refreshing) { r.ClientID = "other" },
			"another grant":       func(r *store.Refreshing) { r.Grant = uuid.New() },
			"another bucket":      func(r *store.Refreshing) { r.Bucket = (r.Bucket + 1) % idp.Buckets },
		} {
			r := refreshing(grant, 1, clock)
			change(&r)
			if _, err := db.RefreshGrant(t.Context(), r, clock.Now(), grantEvent(clock, "x")); !errors.Is(err, store.ErrStale) {
				t.Errorf("%s: %v, want ErrStale", name, err)
			}
		}
		if n := eventsOf(t, db, grant.OID, "x"); n != 0 {
			t.Errorf("%d events of what did not happen", n)
		}
		if _, err := db.RefreshGrant(t.Context(), refreshing(grant, 1, clock), clock.Now(), grantEvent(clock, "x")); err != nil {
			t.Errorf("as it should be: %v", err)
		}
	})
}
