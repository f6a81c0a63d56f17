package guard

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// How long codes and links are good (R-REG-3).
const (
	CodeLife = 5 * time.Minute
	LinkLife = 24 * time.Hour
)

const codeDigits = 6

// Codes makes and checks the codes sent to people.
type Codes struct {
	DB   *store.DB
	Ring *keys.Ring
	Now  idp.Clock
}

// Issued is a new code: what is sent, and the id by which it is entered.
type Issued struct {
	ID   uuid.UUID
	Code string
	// Link is the token of an e-mailed link; empty without one.
	Link string
}

// Issue makes a code for a purpose and whom it is sent to; it replaces the
// earlier ones when the write is kept.
func (g *Codes) Issue(purpose string, subject [16]byte, withLink bool) (Issued, store.Write) {
	now := g.Now()
	i := Issued{ID: uuid.New(), Code: keys.RandomDigits(codeDigits)}
	row := store.Code{ID: i.ID, Purpose: purpose, Subject: subject, CodeMAC: g.mac(i.ID, "code", i.Code)[0], CodeUntil: now.Add(CodeLife), ExpiresAt: now.Add(CodeLife)}
	if withLink {
		secret := keys.RandomToken(linkBytes)
		i.Link = i.ID.String() + "." + secret
		row.LinkMAC, row.ExpiresAt = g.mac(i.ID, "link", secret)[0], now.Add(LinkLife)
	}
	return i, store.AddCode(row, now)
}

const linkBytes = 32

// Outcome is what entering a code led to.
type Outcome struct {
	Right bool
	// Left is how many tries are left of a wrong one; zero when it is of no use
	// any more.
	Left int
	// Gone tells that the code was spent, expired or out of tries before.
	Gone bool
}

// Check enters a code.
func (g *Codes) Check(ctx context.Context, id uuid.UUID, purpose string, subject [16]byte, code string) (Outcome, error) {
	code = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, code)
	if len(code) > 64 {
		code = ""
	}
	macs := g.mac(id, "code", code)
	right, left, err := g.DB.TryCode(ctx, id, purpose, subject, macs[0], macs[1], g.Now())
	if errors.Is(err, store.ErrNotFound) {
		return Outcome{Gone: true}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("enter code: %w", err)
	}
	return Outcome{Right: right, Left: left}, nil
}

// SpendLink spends a code by its link and tells whose it is; store.ErrNotFound
// for what is used, too old or not ours.
func (g *Codes) SpendLink(ctx context.Context, purpose, link string) (subject [16]byte, err error) {
	text, secret, ok := strings.Cut(link, ".")
	id, err := uuid.Parse(text)
	if !ok || err != nil || len(secret) > 64 {
		return subject, store.ErrNotFound
	}
	macs := g.mac(id, "link", secret)
	return g.DB.SpendLink(ctx, id, purpose, macs[0], macs[1], g.Now())
}

// mac hashes under the current key and the one before, since keys may rotate
// while a code is on its way.
func (g *Codes) mac(id uuid.UUID, what, secret string) [2][]byte {
	version := g.Ring.MACCurrent()
	var macs [2][]byte
	for n := range macs {
		mac, err := g.Ring.MACVersion(version-byte(n), "code", []byte(what), id[:], []byte(secret))
		if err != nil {
			mac = macs[0] // there was no key before this one
		}
		macs[n] = mac
	}
	return macs
}
