package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"sync"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/idp/password"
	"vhod/keys"
	"vhod/store"
)

// people are the sandbox's synthetic people.
type people struct {
	db   *store.DB
	ring *keys.Ring
	now  idp.Clock
	// file keeps those that were made by the API.
	file string
	// password is the one hash of the one password.
	password idp.Credential

	mu   sync.Mutex
	all  []sandboxPerson
	made []sandboxPerson
}

// openPeople makes those of the seeds that are not there yet, and takes over those
// that the API made before.
func openPeople(ctx context.Context, db *store.DB, ring *keys.Ring, hasher *keys.Hasher, now idp.Clock, file string) (*people, error) {
	p := &people{db: db, ring: ring, now: now, file: file}
	var err error
	if p.password, err = password.New(ctx, hasher, sandboxPassword, now()); err != nil {
		return nil, err
	}
	// One transaction: one write to the disk instead of one for each person.
	err = db.Tx(ctx, func(ctx context.Context) error {
		p.all = nil
		for _, d := range seeds() {
			if err := p.seed(ctx, d); err != nil {
				return fmt.Errorf("synthetic person %d: %w", d.number, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := readJSON(file, &p.made); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return p, p.adopt(ctx)
}

func (p *people) seed(ctx context.Context, d draft) error {
	oid, err := p.oid(ctx, d)
	if errors.Is(err, store.ErrNotFound) {
		var s *store.Subject
		if s, err = p.db.AddPerson(ctx, d.account(p.ring, p.password, p.now()), p.now(), nil); err == nil {
			oid = s.Account.OID
		}
	}
	if err != nil {
		return err
	}
	p.all = append(p.all, d.shown(oid))
	return p.openSessions(ctx, oid, d.sessions)
}

// oid finds a person by what it signs in with.
func (p *people) oid(ctx context.Context, d draft) (idp.OID, error) {
	all := d.identifiers()
	for _, kind := range []idp.IdentifierKind{idp.IdentifierPhone, idp.IdentifierEmail, idp.IdentifierSNILS} {
		if value := all[kind]; value != "" {
			return p.db.AccountByIdentifier(ctx, p.ring.Index(string(kind), value))
		}
	}
	return 0, errors.New("a person without phone, e-mail and СНИЛС")
}

// adopt takes over people of the file that the database still has: it may be
// another one than at the last start.
func (p *people) adopt(ctx context.Context) error {
	kept := p.made[:0]
	for _, one := range p.made {
		values := p.ring.Index(string(idp.IdentifierPhone), one.Phone)
		if one.Phone == "" {
			values = p.ring.Index(string(idp.IdentifierEmail), one.Email)
		}
		oid, err := p.db.AccountByIdentifier(ctx, values)
		if errors.Is(err, store.ErrNotFound) || err == nil && oid.String() != one.OID {
			continue
		} else if err != nil {
			return err
		}
		kept = append(kept, one)
	}
	p.made = kept
	p.all = append(p.all, kept...)
	return nil
}

// openSessions signs the person in until n sessions are alive, each on another
// device.
func (p *people) openSessions(ctx context.Context, oid idp.OID, n int) error {
	if n == 0 {
		return nil
	}
	subject, err := p.db.SubjectByOID(ctx, oid, "", nil)
	if err != nil {
		return err
	}
	now := p.now()
	alive, err := p.db.Sessions(ctx, subject, now)
	if err != nil {
		return err
	}
	for i := len(alive); i < n; i++ {
		begun := now.Add(-time.Duration(i) * time.Minute)
		_, err := p.db.FinishFlow(ctx, store.Finish{
			FlowID: uuid.New(), Browser: chance(), Subject: subject,
			Session: &idp.Session{
				ID: uuid.New(), CookieHash: chance(), OID: oid, SecurityVersion: subject.Account.SecurityVersion,
				AMR: []string{"pwd"}, AuthTime: begun, ExpiresAt: begun.Add(idp.SessionAbsolute),
				Device: idp.Device{IP: fmt.Sprintf("192.0.2.%d", i+1), UserAgent: devices()[i%len(devices())]}, // RFC 5737 §3
			},
		}, begun)
		if err != nil {
			return fmt.Errorf("session: %w", err)
		}
	}
	return nil
}

func devices() []string {
	return []string{
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
		"Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
	}
}

func chance() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails: it aborts the process instead
	return b
}

// list is everybody, seeds first.
func (p *people) list() []sandboxPerson {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]sandboxPerson{}, p.all...)
}

// The numbers that the API gives; the seeds are below.
const (
	firstMade = 1000
	lastMade  = 9999
	// maxMade bounds the list of people made.
	maxMade = 5000
)

var errTooMany = errors.New("too many people were made: begin with a new folder")

// add makes a person from a draft without number.
func (p *people) add(ctx context.Context, d draft) (sandboxPerson, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.made) >= maxMade {
		return sandboxPerson{}, errTooMany
	}
	// With at most half of the numbers taken, forty tries miss once in a trillion.
	for range 40 {
		n, err := rand.Int(rand.Reader, big.NewInt(lastMade-firstMade+1))
		if err != nil {
			return sandboxPerson{}, fmt.Errorf("number of a person: %w", err)
		}
		d.number = firstMade + int(n.Int64())
		s, err := p.db.AddPerson(ctx, d.account(p.ring, p.password, p.now()), p.now(), nil)
		if errors.Is(err, store.ErrConflict) {
			continue
		} else if err != nil {
			return sandboxPerson{}, err
		}
		one := d.shown(s.Account.OID)
		p.all, p.made = append(p.all, one), append(p.made, one)
		return one, writeJSON(p.file, p.made)
	}
	return sandboxPerson{}, errTooMany
}
