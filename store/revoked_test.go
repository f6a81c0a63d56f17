package store_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestEveryEndOfAGrantIsNoted: whatever makes access tokens void before their time
// is read by those who keep a copy of it, and counted.
func TestEveryEndOfAGrantIsNoted(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		end     func(db *store.DB, clock *storetest.Clock, who granting, g idp.Grant) error
		offline bool // ends grants that outlive their session too
	}{
		"revoked": {func(db *store.DB, clock *storetest.Clock, _ granting, g idp.Grant) error {
			return db.RevokeGrant(t.Context(), g.OID.Bucket(), g.ID, "bank", clock.Now(), grantEvent(clock, idp.EventTokenRevoked))
		}, true},
		"code shown again": {func(db *store.DB, clock *storetest.Clock, _ granting, g idp.Grant) error {
			return db.BurnCode(t.Context(), g, clock.Now())
		}, true},
		"refresh token shown again": {func(db *store.DB, clock *storetest.Clock, _ granting, g idp.Grant) error {
			return db.EndReused(t.Context(), refreshing(g, 0, clock), clock.Now(), grantEvent(clock, idp.EventRefreshReused))
		}, true},
		"consent withdrawn": {func(db *store.DB, clock *storetest.Clock, _ granting, g idp.Grant) error {
			return db.WithdrawConsent(t.Context(), g.OID, "bank", clock.Now())
		}, true},
		"account secured": {func(db *store.DB, clock *storetest.Clock, who granting, _ idp.Grant) error {
			return db.Secure(t.Context(), who.Subject, nil, clock.Now())
		}, true},
		"session ended": {func(db *store.DB, clock *storetest.Clock, who granting, g idp.Grant) error {
			return db.EndSession(t.Context(), g.OID, who.session.ID, clock.Now())
		}, false},
		"signed out": {func(db *store.DB, clock *storetest.Clock, who granting, _ idp.Grant) error {
			return db.SignOut(t.Context(), *refOf(who.session, who.session.ID), nil, clock.Now())
		}, false},
		"another signed in": {func(db *store.DB, clock *storetest.Clock, who granting, _ idp.Grant) error {
			other := person(t, db, clock, "+79990000002")
			_, err := db.FinishFlow(t.Context(), store.Finish{
				FlowID: uuid.New(), Browser: []byte("b"), Subject: other, Session: newSession(other, clock, "other"), Old: refOf(who.session, who.session.ID),
			}, clock.Now())
			return err
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
				ctx := t.Context()
				addBank(t, db, clock)
				who := newGranting(t, db, clock, "+79990000001")
				online, offline := who.grant(clock), who.grant(clock)
				online.Offline, offline.Offline = false, true
				for _, g := range []idp.Grant{online, offline} {
					if err := db.RedeemCode(ctx, g, clock.Now()); err != nil {
						t.Fatal(err)
					}
				}
				clock.Advance(time.Second)
				ended, kept := online, offline
				if one.offline {
					ended, kept = offline, online
				}
				before := db.Revocations()
				if err := one.end(db, clock, who, ended); err != nil {
					t.Fatal(err)
				}
				if db.Revocations() == before {
					t.Error("it is not counted")
				}
				all, err := db.Revoked(ctx, clock.Now(), clock.Now())
				if err != nil {
					t.Fatal(err)
				}
				noted := map[uuid.UUID]bool{}
				for _, r := range all {
					if r.Bucket != ended.OID.Bucket() || r.ExpiresAt.Before(clock.Now().Add(idp.AccessTokenLife)) {
						t.Errorf("noted %+v", r)
					}
					noted[r.Grant] = true
				}
				if !noted[ended.ID] || !one.offline && noted[kept.ID] {
					t.Errorf("noted %v, want %v", noted, ended.ID)
				}
				if late, err := db.Revoked(ctx, time.Time{}, all[0].ExpiresAt); err != nil || len(late) != 0 {
					t.Errorf("after the last token has expired: %+v, %v", late, err)
				}
			})
		})
	}
}
