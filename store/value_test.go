package store_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/store"
	"vhod/store/storetest"
)

type level int16

func TestValuesComeBackAsTheyWent(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		table(t, db)
		ctx := t.Context()
		tests := []struct {
			name  string
			id    uuid.UUID
			at    time.Time
			small level
			yes   bool
			data  []byte
			word  string
		}{
			{"plain", uuid.MustParse("0192b7c0-1111-7222-8333-444455556666"), clock.Now(), 3, true, []byte{0, 1, 255}, "вход"},
			{"empty", uuid.UUID{15: 1}, time.Time{}, 0, false, []byte{}, ""},
			{"nil bytes", uuid.UUID{15: 2}, time.UnixMicro(-5).UTC(), -1, false, nil, "'$1' ?1"},
			// NUMERIC affinity would turn these to numbers were they text.
			{"digits", uuid.UUID([]byte("1234567890123456")), time.UnixMicro(1).UTC(), 1, true, []byte("0042"), "0042"},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				exec(t, db, "INSERT INTO kinds (id, at, small, yes, data, word) VALUES ($1, $2, $3, $4, $5, $6)",
					tt.id, tt.at, tt.small, tt.yes, tt.data, tt.word)
				var id uuid.UUID
				var raw [16]byte
				var nullable *uuid.UUID
				var at time.Time
				var us int64
				var small level
				var yes bool
				var data []byte
				var word string
				err := db.Q(ctx).QueryRow(ctx, "SELECT id, id, id, at, at, small, yes, data, word FROM kinds WHERE id = $1 AND yes = $2",
					[16]byte(tt.id), tt.yes).Scan(&id, &raw, &nullable, &at, &us, &small, &yes, &data, &word)
				if err != nil {
					t.Fatal(err)
				}
				if id != tt.id || raw != tt.id || nullable == nil || *nullable != tt.id {
					t.Errorf("id %v %v %v, want %v", id, raw, nullable, tt.id)
				}
				if !at.Equal(tt.at) || at.IsZero() != tt.at.IsZero() || !tt.at.IsZero() && us != tt.at.UnixMicro() {
					t.Errorf("time %v (%d), want %v", at, us, tt.at)
				}
				if small != tt.small || yes != tt.yes || word != tt.word || !bytes.Equal(data, tt.data) {
					t.Errorf("got %v %v %q %v", small, yes, word, data)
				}
			})
		}
		var nothing *uuid.UUID
		err := db.Q(ctx).QueryRow(ctx, `SELECT k.id FROM coin AS c LEFT JOIN kinds AS k ON k.small = 99
			UNION ALL SELECT k.id FROM kinds AS k WHERE k.small = 99`).Scan(&nothing)
		if !errors.Is(err, store.ErrNotFound) {
			t.Fatalf("no row: %v", err)
		}
		exec(t, db, "INSERT INTO coin (coin_id, owner, spent) VALUES ($1, $2, $3)", 1, "o", 0)
		nothing = &uuid.UUID{}
		if err := db.Q(ctx).QueryRow(ctx, "SELECT k.id FROM coin AS c LEFT JOIN kinds AS k ON k.small = 99").Scan(&nothing); err != nil || nothing != nil {
			t.Fatalf("a missing side of a join: %v, %v", nothing, err)
		}
	})
}

// TestBlobsStayBlobs proves that the affinities of the column types BYTEA, UUID
// (NUMERIC) and BOOLEAN leave values as they are.
func TestBlobsStayBlobs(t *testing.T) {
	db, _ := storetest.Open(t, storetest.SQLite)
	table(t, db)
	exec(t, db, "INSERT INTO kinds (id, at, small, yes, data, word) VALUES ($1, $2, $3, $4, $5, $6)",
		uuid.UUID([]byte("1234567890123456")), time.Time{}, 7, true, []byte("42"), "42")
	ctx := t.Context()
	var id, at, small, yes, data, word string
	if err := db.Q(ctx).QueryRow(ctx, "SELECT typeof(id), typeof(at), typeof(small), typeof(yes), typeof(data), typeof(word) FROM kinds").
		Scan(&id, &at, &small, &yes, &data, &word); err != nil {
		t.Fatal(err)
	}
	if got, want := [6]string{id, at, small, yes, data, word}, [6]string{"blob", "integer", "integer", "integer", "blob", "text"}; got != want {
		t.Fatalf("stored as %v, want %v", got, want)
	}
}

func TestWrongValuesAreNotTold(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, _ *storetest.Clock) {
		table(t, db)
		ctx := t.Context()
		exec(t, db, "INSERT INTO coin (coin_id, owner, spent) VALUES ($1, $2, $3)", 1, "secret", 0)
		var n int64
		err := db.Q(ctx).QueryRow(ctx, "SELECT owner FROM coin").Scan(&n)
		if err == nil || containsSecret(err) {
			t.Errorf("scan: %v", err)
		}
		_, err = db.Q(ctx).Exec(ctx, "UPDATE coin SET spent = $1", struct{ s string }{"secret"})
		if err == nil || containsSecret(err) {
			t.Errorf("argument: %v", err)
		}
		_, err = db.Q(ctx).Exec(ctx, "INSERT INTO coin (coin_id, owner, spent) VALUES ($1, $2, $3)", 2, "secret", 0)
		if !errors.Is(err, store.ErrConflict) || containsSecret(err) {
			t.Errorf("conflict: %v", err)
		}
	})
}
