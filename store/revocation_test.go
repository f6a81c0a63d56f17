package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

func TestRevocation(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		addBank(t, db, clock)
		grant := newGranting(t, db, clock, "+79990000001").grant(clock)
		if err := db.RedeemCode(ctx, grant, clock.Now()); err != nil {
			t.Fatal(err)
		}
		access := store.AccessRef{Bucket: grant.OID.Bucket(), Grant: grant.ID, ClientID: "bank", TokenID: "T"}
		active := func(ref store.AccessRef) bool {
			t.Helper()
			_, _, err := db.GrantSubject(ctx, ref, false, clock.Now())
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				t.Fatal(err)
			}
			return err == nil
		}
		if !active(access) {
			t.Fatal("a good grant is not active")
		}
		for range 2 {
			if err := db.RevokeToken(ctx, "T", clock.Now(), clock.Now().Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
		}
		other := access
		other.TokenID = "U"
		if active(access) || !active(other) {
			t.Error("one token is revoked, and only that")
		}
		if all, err := db.Revoked(ctx, time.Time{}, clock.Now()); err != nil || len(all) != 1 || all[0].TokenID != "T" {
			t.Errorf("Revoked = %+v, %v", all, err)
		}

		t.Log("another service revokes nothing")
		if err := db.RevokeGrant(ctx, access.Bucket, grant.ID, "other", clock.Now(), grantEvent(clock, idp.EventTokenRevoked)); err != nil {
			t.Fatal(err)
		}
		if !active(other) || eventsOf(t, db, grant.OID, idp.EventTokenRevoked) != 0 {
			t.Error("a stranger revoked the grant")
		}
		for range 2 { // the second time changes nothing and is no event
			if err := db.RevokeGrant(ctx, access.Bucket, grant.ID, "bank", clock.Now(), grantEvent(clock, idp.EventTokenRevoked)); err != nil {
				t.Fatal(err)
			}
		}
		if active(other) || eventsOf(t, db, grant.OID, idp.EventTokenRevoked) != 1 {
			t.Errorf("active %v, %d events", active(other), eventsOf(t, db, grant.OID, idp.EventTokenRevoked))
		}
		if _, err := db.RefreshActive(ctx, refreshing(grant, 1, clock), clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("RefreshActive of a revoked grant: %v", err)
		}
	})
}

func TestEndReused(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		addBank(t, db, clock)
		grant := newGranting(t, db, clock, "+79990000001").grant(clock)
		if err := db.RedeemCode(ctx, grant, clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.RefreshGrant(ctx, refreshing(grant, 1, clock), clock.Now(), grantEvent(clock, "x")); err != nil {
			t.Fatal(err)
		}
		stranger := refreshing(grant, 1, clock)
		stranger.ClientID = "other"
		for name, r := range map[string]store.Refreshing{"the newest": refreshing(grant, 2, clock), "a stranger's": stranger} {
			if err := db.EndReused(ctx, r, clock.Now(), grantEvent(clock, idp.EventRefreshReused)); err != nil {
				t.Fatal(err)
			}
			if _, err := db.RefreshActive(ctx, refreshing(grant, 2, clock), clock.Now()); err != nil || eventsOf(t, db, grant.OID, idp.EventRefreshReused) != 0 {
				t.Errorf("%s token ended the family: %v", name, err)
			}
		}
		for range 2 {
			if err := db.EndReused(ctx, refreshing(grant, 1, clock), clock.Now(), grantEvent(clock, idp.EventRefreshReused)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := db.RefreshActive(ctx, refreshing(grant, 2, clock), clock.Now()); !errors.Is(err, store.ErrNotFound) || eventsOf(t, db, grant.OID, idp.EventRefreshReused) != 1 {
			t.Errorf("the family lives on: %v", err)
		}
	})
}

func TestSpendAssertion(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx, until := t.Context(), clock.Now().Add(time.Minute)
		if err := db.SpendAssertion(ctx, "bank", []byte("jti"), until); err != nil {
			t.Fatal(err)
		}
		if err := db.SpendAssertion(ctx, "bank", []byte("jti"), until); !errors.Is(err, store.ErrConflict) {
			t.Errorf("again: %v, want ErrConflict", err)
		}
		if err := db.SpendAssertion(ctx, "other", []byte("jti"), until); err != nil {
			t.Errorf("another service's: %v", err)
		}
	})
}

func TestGrantSubject(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		addBank(t, db, clock)
		who := newGranting(t, db, clock, "+79990000001")
		grant := who.grant(clock)
		if err := db.RedeemCode(ctx, grant, clock.Now()); err != nil {
			t.Fatal(err)
		}
		ref := store.AccessRef{Bucket: grant.OID.Bucket(), Grant: grant.ID, ClientID: "bank", TokenID: "T"}
		counted := store.CountTrips(ctx)
		s, documents, err := db.GrantSubject(counted, ref, true, clock.Now())
		if err != nil || s.Profile.Name != "Иван" || len(documents) != 1 || documents[0].Fields["number"] != "0000 000000" || !s.Consent.Covers([]string{"openid"}) {
			t.Fatalf("GrantSubject = %+v, %+v, %v", s, documents, err)
		}
		if n := store.Trips(counted); n != 1 {
			t.Errorf("%d round trips, want 1", n)
		}
		if s, documents, err := db.GrantSubject(ctx, ref, false, clock.Now()); err != nil || s == nil || len(documents) != 0 {
			t.Errorf("without documents: %v, %v", documents, err)
		}
		for name, change := range map[string]func(*store.AccessRef){
			"another service": func(r *store.AccessRef) { r.ClientID = "other" },
			"another grant":   func(r *store.AccessRef) { r.Grant = uuid.New() },
			"no grant":        func(r *store.AccessRef) { r.Grant = uuid.Nil },
			"another bucket":  func(r *store.AccessRef) { r.Bucket = (r.Bucket + 1) % idp.Buckets },
		} {
			other := ref
			change(&other)
			if _, _, err := db.GrantSubject(ctx, other, true, clock.Now()); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if err := db.EndSession(ctx, grant.OID, who.session.ID, clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := db.GrantSubject(ctx, ref, true, clock.Now()); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after sign-out: %v, want ErrNotFound", err)
		}
	})
}
