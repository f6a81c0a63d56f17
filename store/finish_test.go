package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
	"vhod/store/storetest"
)

// person makes an account found by a phone.
func person(t *testing.T, db *store.DB, clock *storetest.Clock, phone string) *store.Subject {
	t.Helper()
	now := clock.Now()
	sum := sha256.Sum256([]byte(phone))
	s, err := db.AddPerson(t.Context(), store.NewPerson{
		Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorSMS, Lang: "ru"},
		Profile: idp.Profile{Surname: "Тестов", Name: "Иван", Phone: phone, PhoneVerifiedAt: now},
		Identifiers: []store.Identifier{
			{Kind: idp.IdentifierPhone, Values: []keys.BlindIndex{{Version: 1, Value: [16]byte(sum[:16])}}},
		},
		Credentials: []idp.Credential{{ID: uuid.New(), Kind: idp.CredentialPassword, Data: []byte("hash"), CreatedAt: now}},
		Agreements:  []idp.Agreement{{Kind: idp.AgreementTerms, Version: "1", AcceptedAt: now}},
		Documents:   []idp.Document{{ID: uuid.New(), Type: idp.DocumentPassport, Fields: map[string]string{"number": "0000 000000"}, Source: "owner", CreatedAt: now}},
	}, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newSession(s *store.Subject, clock *storetest.Clock, secret string) *idp.Session {
	now := clock.Now()
	sum := sha256.Sum256([]byte(secret))
	return &idp.Session{
		ID: uuid.New(), CookieHash: sum[:], OID: s.Account.OID, SecurityVersion: s.Account.SecurityVersion, AMR: []string{"pwd"},
		AuthTime: now, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(idp.SessionAbsolute), Device: idp.Device{IP: "192.0.2.1", UserAgent: "Browser"},
	}
}

func refOf(s *idp.Session, id uuid.UUID) *store.SessionRef {
	return &store.SessionRef{Bucket: s.OID.Bucket(), ID: id, CookieHash: s.CookieHash}
}

func TestPersonIsFoundAndOpened(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := person(t, db, clock, "+79990000001")
		sum := sha256.Sum256([]byte("+79990000001"))
		oid, err := db.AccountByIdentifier(t.Context(), []keys.BlindIndex{{Version: 2, Value: [16]byte{1}}, {Version: 1, Value: [16]byte(sum[:16])}})
		if err != nil || oid != s.Account.OID {
			t.Fatalf("AccountByIdentifier = %v, %v, want %v", oid, err, s.Account.OID)
		}
		other := person(t, db, clock, "+79990000002")
		sum2 := sha256.Sum256([]byte("+79990000002"))
		for first, values := range map[*store.Subject][]keys.BlindIndex{
			s:     {{Value: [16]byte(sum[:16])}, {Value: [16]byte(sum2[:16])}},
			other: {{Value: [16]byte(sum2[:16])}, {Value: [16]byte(sum[:16])}},
		} {
			if oid, err := db.AccountByIdentifier(t.Context(), values); err != nil || oid != first.Account.OID {
				t.Errorf("of two readings %v, %v, want the first one's %v", oid, err, first.Account.OID)
			}
		}
		if _, err := db.AccountByIdentifier(t.Context(), []keys.BlindIndex{{Value: [16]byte{9}}}); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("unknown identifier: %v, want ErrNotFound", err)
		}
		read, err := db.SubjectByOID(t.Context(), oid, "bank", nil)
		if err != nil {
			t.Fatal(err)
		}
		if read.Profile.Name != "Иван" || read.Session != nil || len(read.Consent.Scopes) != 0 || read.Account != s.Account {
			t.Errorf("read %+v, want %+v without session and consent", read.Subject, s.Subject)
		}
		state, err := db.BeginLogin(t.Context(), oid, "", nil, idp.CredentialPassword, nil)
		if err != nil || state.Subject == nil || len(state.Credentials) != 1 || string(state.Credentials[0].Data) != "hash" {
			t.Errorf("BeginLogin = %+v, %v", state, err)
		}
		state, err = db.BeginLogin(t.Context(), 0, "", nil, idp.CredentialPassword, nil)
		if err != nil || state.Subject != nil || len(state.Credentials) != 0 {
			t.Errorf("BeginLogin of nobody = %+v, %v", state, err)
		}
		_, err = db.AddPerson(t.Context(), store.NewPerson{Account: s.Account, Identifiers: []store.Identifier{
			{Kind: idp.IdentifierPhone, Values: []keys.BlindIndex{{Version: 1, Value: [16]byte(sum[:16])}}},
		}}, clock.Now(), nil)
		if !errors.Is(err, store.ErrConflict) || store.ConflictTable(err) != "identifier" {
			t.Errorf("a taken identifier: %v of %q, want a conflict of identifier", err, store.ConflictTable(err))
		}
	})
}

func TestFinishFlow(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		s := person(t, db, clock, "+79990000001")
		browser, next, last := []byte("the first binding"), []byte("the next binding"), []byte("the last binding")
		first := newSession(s, clock, "first")
		finish := store.Finish{FlowID: uuid.New(), Browser: browser, ProvedAt: clock.Now(), NextBrowser: next, Subject: s, Session: first,
			Consent: &idp.Consent{ClientID: "bank", Scopes: []string{"openid", "profile"}}}
		id, err := db.FinishFlow(ctx, finish, clock.Now())
		if err != nil || id != first.ID {
			t.Fatalf("FinishFlow = %v, %v, want %v", id, err, first.ID)
		}
		read, err := db.SubjectBySession(ctx, *refOf(first, id), "bank")
		if err != nil || read.Session == nil || read.Session.ID != first.ID || !read.Consent.Covers([]string{"openid", "profile"}) {
			t.Fatalf("SubjectBySession = %+v, %v", read, err)
		}
		if all, err := db.Sessions(ctx, s, clock.Now()); err != nil || len(all) != 1 || all[0].Device.IP != "192.0.2.1" {
			t.Errorf("Sessions = %+v, %v", all, err)
		}

		t.Log("the same flow is not finished twice")
		if _, err := db.FinishFlow(ctx, finish, clock.Now()); !errors.Is(err, store.ErrConflict) {
			t.Errorf("again: %v, want ErrConflict", err)
		}

		t.Log("what else was proved under the former binding starts nothing")
		if _, err := db.FinishFlow(ctx, store.Finish{FlowID: uuid.New(), Browser: browser, ProvedAt: clock.Now(), Subject: s, Session: newSession(s, clock, "z")}, clock.Now()); !errors.Is(err, store.ErrStale) {
			t.Errorf("under the former binding: %v, want ErrStale", err)
		}
		clock.Advance(time.Second)

		t.Log("a new proof renews the browser's session of the same account")
		second := newSession(s, clock, "second")
		id, err = db.FinishFlow(ctx, store.Finish{FlowID: uuid.New(), Browser: next, ProvedAt: clock.Now(), NextBrowser: last, Subject: s, Session: second, Old: refOf(first, first.ID)}, clock.Now())
		if err != nil || id != first.ID {
			t.Fatalf("renewed = %v, %v, want %v", id, err, first.ID)
		}
		if _, err := db.SubjectBySession(ctx, *refOf(first, first.ID), ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the old cookie: %v, want ErrNotFound", err)
		}

		t.Log("another account ends the browser's session")
		clock.Advance(time.Second)
		other := person(t, db, clock, "+79990000002")
		third := newSession(other, clock, "third")
		id, err = db.FinishFlow(ctx, store.Finish{FlowID: uuid.New(), Browser: last, ProvedAt: clock.Now(), NextBrowser: last, Subject: other, Session: third, Old: refOf(second, first.ID)}, clock.Now())
		if err != nil || id != third.ID {
			t.Fatalf("other account = %v, %v", id, err)
		}
		if _, err := db.SubjectBySession(ctx, *refOf(second, first.ID), ""); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("the former account's session: %v, want ErrNotFound", err)
		}

		t.Log("proofs given before the account was secured start nothing")
		clock.Advance(time.Second)
		stale := *s
		if err := db.Secure(ctx, s, nil, clock.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.FinishFlow(ctx, store.Finish{FlowID: uuid.New(), Browser: last, ProvedAt: clock.Now(), Subject: &stale, Session: newSession(&stale, clock, "x")}, clock.Now()); !errors.Is(err, store.ErrStale) {
			t.Errorf("after Secure: %v, want ErrStale", err)
		}

		t.Log("proofs given before the browser signed out start nothing")
		if err := db.SignOut(ctx, *refOf(third, third.ID), last, clock.Now()); err != nil {
			t.Fatal(err)
		}
		for _, whose := range []*store.Subject{other, s} { // whoever was proved in that browser
			if _, err := db.FinishFlow(ctx, store.Finish{FlowID: uuid.New(), Browser: last, ProvedAt: clock.Now(), Subject: whose, Session: newSession(whose, clock, "y")}, clock.Now()); !errors.Is(err, store.ErrStale) {
				t.Errorf("after SignOut: %v, want ErrStale", err)
			}
		}
		if all, err := db.Sessions(ctx, other, clock.Now()); err != nil || len(all) != 0 {
			t.Errorf("sessions after sign-out = %+v, %v", all, err)
		}
	})
}

// TestEndedSessionFinishesNothing: proofs given on a device are void once its session
// was ended from another, and later ones are not.
func TestEndedSessionFinishesNothing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		s := person(t, db, clock, "+79990000001")
		begin := func(from, to string, old *store.SessionRef) (*idp.Session, error) {
			one := newSession(s, clock, to)
			id, err := db.FinishFlow(ctx, store.Finish{
				FlowID: uuid.New(), Browser: []byte(from), ProvedAt: clock.Now(), NextBrowser: []byte(to), Subject: s, Session: one, Old: old,
			}, clock.Now())
			one.ID = id
			return one, err
		}
		first, err := begin("a", "b", nil)
		if err != nil {
			t.Fatal(err)
		}
		renewed, err := begin("b", "c", refOf(first, first.ID))
		if err != nil || renewed.ID != first.ID {
			t.Fatal(renewed.ID, err)
		}
		if err := db.EndSession(ctx, s.Account.OID, renewed.ID, clock.Now()); err != nil {
			t.Fatal(err)
		}
		for _, binding := range []string{"a", "b", "c"} {
			if _, err := begin(binding, "d", nil); !errors.Is(err, store.ErrStale) {
				t.Errorf("under binding %q: %v, want ErrStale", binding, err)
			}
		}
		if _, err := begin("another device's", "e", nil); err != nil {
			t.Errorf("on another device: %v", err)
		}
		clock.Advance(time.Microsecond)
		if _, err := begin("c", "f", nil); err != nil {
			t.Errorf("proved anew: %v", err)
		}
	})
}

func TestFinishFlowRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := person(t, db, clock, "+79990000001")
		flow := uuid.New()
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 32 {
			wg.Go(func() {
				_, err := db.FinishFlow(t.Context(), store.Finish{FlowID: flow, Browser: make([]byte, 32), ProvedAt: clock.Now(), Subject: s, Session: newSession(s, clock, uuid.NewString())}, clock.Now())
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, store.ErrConflict) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if all, err := db.Sessions(t.Context(), s, clock.Now()); err != nil || won != 1 || len(all) != 1 {
			t.Errorf("%d finished, %d sessions (%v), want one", won, len(all), err)
		}
	})
}

func TestPurgeKeepsWhatIsNeeded(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		err := db.Tx(t.Context(), func(ctx context.Context) error {
			for range 2500 {
				if err := db.StoreRequest(ctx, uuid.New(), []byte("old"), clock.Now().Add(-1)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		kept := uuid.New()
		if err := db.StoreRequest(t.Context(), kept, []byte("new"), clock.Now().Add(idp.RequestLife)); err != nil {
			t.Fatal(err)
		}
		if err := db.Purge(t.Context(), clock.Now()); err != nil {
			t.Fatal(err)
		}
		if n := count(t, db, "SELECT count(*) FROM stored_request"); n != 1 {
			t.Errorf("%d requests left, want 1", n)
		}
		if data, err := db.StoredRequest(t.Context(), kept, clock.Now()); err != nil || string(data) != "new" {
			t.Errorf("kept request = %q, %v", data, err)
		}
	})
}

// TestStillActing: who was signed out, or whose account was secured since it was read,
// changes nothing.
func TestStillActing(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		ctx := t.Context()
		for name, end := range map[string]func(who granting) error{
			"nothing":         func(granting) error { return nil },
			"session ended":   func(who granting) error { return db.EndSession(ctx, who.Account.OID, who.session.ID, clock.Now()) },
			"account secured": func(who granting) error { other := *who.Subject; return db.Secure(ctx, &other, nil, clock.Now()) },
			"session kept": func(who granting) error {
				other, keep := *who.Subject, uuid.UUID(who.session.ID)
				return db.Secure(ctx, &other, &keep, clock.Now())
			},
		} {
			who := newGranting(t, db, clock, name)
			if err := end(who); err != nil {
				t.Fatal(err)
			}
			err := db.Write(ctx, who.StillActing(who.session.ID, clock.Now()), who.SetSecondFactor(idp.SecondFactorOff, clock.Now()))
			read, failed := db.SubjectByOID(ctx, who.Account.OID, "", nil)
			if failed != nil {
				t.Fatal(failed)
			}
			if acts := name == "nothing"; acts != (err == nil) || !acts && !errors.Is(err, store.ErrStale) || acts != (read.Account.SecondFactor == idp.SecondFactorOff) {
				t.Errorf("%s: %v, second factor %s", name, err, read.Account.SecondFactor)
			}
		}
	})
}

// TestSecureOfWhoIsSignedInAlone: a session that was ended meanwhile secures nothing in
// its own favour.
func TestSecureOfWhoIsSignedInAlone(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		who := newGranting(t, db, clock, "+79990000001")
		if err := db.EndSession(t.Context(), who.Account.OID, who.session.ID, clock.Now()); err != nil {
			t.Fatal(err)
		}
		keep, version := uuid.UUID(who.session.ID), who.Account.SecurityVersion
		err := db.Secure(t.Context(), who.Subject, &keep, clock.Now(), who.SignedIn(keep, clock.Now()))
		if !errors.Is(err, store.ErrStale) || who.Account.SecurityVersion != version {
			t.Errorf("%v, version %d, want ErrStale and %d", err, who.Account.SecurityVersion, version)
		}
	})
}

// TestSecureRace: of rivals that read the same state one wins, and what the others
// wanted to keep is not kept.
func TestSecureRace(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s := person(t, db, clock, "+79990000001")
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for range 16 {
			mine := *s
			wg.Go(func() {
				err := db.Secure(t.Context(), &mine, nil, clock.Now())
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					won++
				} else if !errors.Is(err, store.ErrStale) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("%d of 16 secured the account, want one", won)
		}
	})
}
