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

const (
	codeDigits = 6
	linkBytes  = 32
	// maxTyped bounds what is hashed of what a stranger sent.
	maxTyped = 64
)

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
	row := store.Code{ID: i.ID, Purpose: purpose, Subject: subject, CodeUntil: now.Add(CodeLife), ExpiresAt: now.Add(CodeLife)}
	row.CodeMAC = g.Ring.MAC("code", []byte("code"), i.ID[:], []byte(i.Code))
	if withLink {
		secret := keys.RandomToken(linkBytes)
		i.Link = i.ID.String() + "." + secret
		row.LinkMAC, row.ExpiresAt = g.Ring.MAC("code", []byte("link"), i.ID[:], []byte(secret)), now.Add(LinkLife)
	}
	return i, store.AddCode(row, now)
}

// Outcome is what entering a code led to.
type Outcome struct {
	Right bool
	// Left is how many tries are left of a wrong one; zero when it is of no use
	// any more.
	Left int
	// Gone tells that the code was spent, expired or out of tries before.
	Gone bool
}

// Check enters a code, with spaces and dashes forgiven. One round trip.
func (g *Codes) Check(ctx context.Context, id uuid.UUID, purpose string, subject [16]byte, code string) (Outcome, error) {
	current, former, err := g.macs("code", id, typed(code))
	if err != nil {
		return Outcome{}, fmt.Errorf("enter code: %w", err)
	}
	right, left, err := g.DB.TryCode(ctx, id, purpose, subject, current, former, g.Now())
	if errors.Is(err, store.ErrNotFound) {
		return Outcome{Gone: true}, nil
	}
	if err != nil {
		return Outcome{}, fmt.Errorf("enter code: %w", err)
	}
	return Outcome{Right: right, Left: left}, nil
}

// WellFormed tells that what was typed could be a code: what could not is a slip of
// the hand, which need not cost a try.
func WellFormed(code string) bool {
	code = typed(code)
	return len(code) == codeDigits && strings.Trim(code, "0123456789") == ""
}

// typed is a code without what people, keyboards and clipboards put into it. What
// is too long is no code, and counts as a wrong one.
func typed(code string) string {
	if len(code) > maxTyped {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\r', '\n', '\u00a0', '\u2009', '\u200b', '\u202f':
			return -1
		default:
			return r
		}
	}, code)
}

// SpendLink spends a code by its link and tells whose it is; store.ErrNotFound
// for what is used, too old or not ours.
func (g *Codes) SpendLink(ctx context.Context, purpose, link string) (subject [16]byte, err error) {
	text, secret, ok := strings.Cut(link, ".")
	if !ok || len(text) != len(uuid.Nil.String()) || len(secret) > maxTyped {
		return subject, store.ErrNotFound
	}
	id, err := uuid.Parse(text)
	if err != nil {
		return subject, store.ErrNotFound
	}
	current, former, err := g.macs("link", id, secret)
	if err != nil {
		return subject, fmt.Errorf("spend link: %w", err)
	}
	return g.DB.SpendLink(ctx, id, purpose, current, former, g.Now())
}

// macs hashes under the current key and the one before, since keys may change
// while a code is on its way.
func (g *Codes) macs(what string, id uuid.UUID, secret string) (current, former []byte, err error) {
	version := g.Ring.MACCurrent()
	if current, err = g.Ring.MACVersion(version, "code", []byte(what), id[:], []byte(secret)); err != nil {
		return nil, nil, err
	}
	former, err = g.Ring.MACVersion(version-1, "code", []byte(what), id[:], []byte(secret))
	if errors.Is(err, keys.ErrUnknownKey) {
		return current, current, nil // there was none, or it has ended
	}
	return current, former, err
}
