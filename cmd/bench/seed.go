package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"
	"golang.org/x/sync/errgroup"

	"vhod/cmd/rig"
	"vhod/idp"
	"vhod/idp/password"
	"vhod/idp/server"
	"vhod/idp/session"
	"vhod/keys"
	"vhod/store"
)

// chunk is how many people go to the database in one round trip.
const chunk = 1000

// population fills a provider's database with synthetic people.
type population struct {
	db      *store.DB
	ring    *keys.Ring
	clients []string
	// The one password of all, hashed once at the provider's cost, for people of
	// even numbers, and once at next to no cost.
	credential, cheap idp.Credential
	size              int
}

func openPopulation(ctx context.Context, dsn string, clients []string) (*population, error) {
	kek, err := keys.ParseKEK(rig.SecretKeys)
	if err != nil {
		return nil, err
	}
	p := &population{clients: clients}
	if p.db, err = store.Open(ctx, store.Config{DSN: dsn, Now: time.Now, KEK: kek, MaxConns: 4, AcquireTimeout: time.Minute}); err != nil {
		return nil, err
	}
	if p.ring, err = keys.NewRing(ctx, keys.Config{Storage: p.db, KEK: kek, Now: time.Now, Terms: server.KeyTerms(0)}); err != nil {
		return nil, err
	}
	if p.credential, err = hashed(ctx, keys.Cost{}); err != nil {
		return nil, err
	}
	p.cheap, err = hashed(ctx, cheapCost)
	return p, err
}

func hashed(ctx context.Context, cost keys.Cost) (idp.Credential, error) {
	hasher, err := keys.NewHasher(keys.HashConfig{Cost: cost, Now: time.Now})
	if err != nil {
		return idp.Credential{}, err
	}
	return password.New(ctx, hasher, rig.PersonPassword, time.Now())
}

// login is what a person of the population signs in with: an address under a name
// that nobody can own (RFC 2606 §3).
func login(number int) string { return fmt.Sprintf("person-%d@example.com", number) }

// grow adds people until there are so many.
func (p *population) grow(ctx context.Context, size int) error {
	chunks := make(chan int)
	g, adding := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(chunks)
		for first := p.size; first < size; first += chunk {
			select {
			case chunks <- first:
			case <-adding.Done():
				return adding.Err()
			}
		}
		return nil
	})
	for range 3 { // one makes the next while another waits for the database
		g.Go(func() error {
			for first := range chunks {
				if err := p.add(adding, first, min(first+chunk, size)); err != nil {
					return fmt.Errorf("people from %d on: %w", first, err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	p.size = size
	if p.db.Engine() == "postgres" {
		// What autovacuum would come to do while something is measured.
		if _, err := p.db.Q(ctx).Exec(ctx, "VACUUM ANALYZE"); err != nil {
			return err
		}
	}
	return nil
}

func (p *population) add(ctx context.Context, first, end int) error {
	now := time.Now()
	people := make([]store.NewPerson, 0, end-first)
	for n := first; n < end; n++ {
		credential := p.credential
		if n%2 != 0 {
			credential = p.cheap
		}
		credential.ID = uuid.New()
		people = append(people, store.NewPerson{
			Account: idp.Account{Kind: idp.KindPersonal, Level: idp.LevelSimplified, Status: idp.StatusActive, SecondFactor: idp.SecondFactorOff, Lang: "ru"},
			Profile: idp.Profile{
				Surname: "Проверочный", Name: "Иван", Patronymic: "Петрович", BirthDate: "1990-05-17", Gender: "male",
				Email: login(n), EmailVerifiedAt: now, UpdatedAt: now,
			},
			Identifiers: []store.Identifier{{Kind: idp.IdentifierEmail, Values: p.ring.Index(string(idp.IdentifierEmail), login(n))}},
			Credentials: []idp.Credential{credential},
		})
	}
	return p.db.AddPeople(ctx, people, now, func(s *store.Subject) ([]store.Write, error) {
		var writes []store.Write
		for _, id := range p.clients {
			writes = append(writes, store.SetConsent(s.Account.OID, idp.Consent{ClientID: id, Scopes: rig.Scopes}, now))
		}
		return writes, nil
	})
}

// sessions signs some people in, each in another browser, and gives the browsers'
// cookies.
func (p *population) sessions(ctx context.Context, n int) ([]map[string]string, error) {
	all := make([]map[string]string, n)
	err := p.db.Tx(ctx, func(ctx context.Context) error {
		for i := range all {
			oid, err := p.db.AccountByIdentifier(ctx, p.ring.Index(string(idp.IdentifierEmail), login(rand.IntN(p.size)))) //nolint:gosec // anybody will do
			if err != nil {
				return err
			}
			if all[i], err = p.session(ctx, oid); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func (p *population) session(ctx context.Context, oid idp.OID) (map[string]string, error) {
	subject, err := p.db.SubjectByOID(ctx, oid, "", nil)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	secret, hash := session.NewSecret()
	_, browserHash := session.NewSecret()
	id, err := p.db.FinishFlow(ctx, store.Finish{
		FlowID: uuid.New(), Browser: browserHash, NextBrowser: browserHash, Subject: subject,
		Session: &idp.Session{
			ID: uuid.New(), CookieHash: hash, OID: oid, SecurityVersion: subject.Account.SecurityVersion, AMR: []string{"pwd"},
			AuthTime: now, ExpiresAt: now.Add(idp.SessionAbsolute), Device: idp.Device{IP: "192.0.2.1", UserAgent: "bench"},
		},
	}, now)
	if err != nil {
		return nil, err
	}
	// The provider's own code writes the cookie.
	recorder := httptest.NewRecorder()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	session.Cookies{Secure: true}.SetSession(echo.New().NewContext(request, recorder), oid.Bucket(), id, secret)
	cookies := map[string]string{}
	for _, k := range recorder.Result().Cookies() {
		cookies[k.Name] = k.Value
	}
	return cookies, nil
}
