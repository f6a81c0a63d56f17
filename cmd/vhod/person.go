package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"vhod/idp"
	"vhod/idp/identifier"
	"vhod/store"
)

type personCommands struct {
	Show    personShowCommand    `cmd:"" help:"Show one account, its contacts masked."`
	Block   personBlockCommand   `cmd:"" help:"Block an account: every session and token ends."`
	Unblock personUnblockCommand `cmd:"" help:"Let a blocked account be used again."`
}

// who names one account exactly; there is no listing of people.
type who struct {
	target
	Who string `arg:"" help:"Number of the account (oid), phone, e-mail, СНИЛС or ИНН, exactly."`
}

// Validate refuses an empty name, which a script makes of a variable not set.
func (w who) Validate() error {
	if strings.TrimSpace(w.Who) == "" {
		return errors.New("whose account? give its number, phone, e-mail, СНИЛС or ИНН")
	}
	return nil
}

type personAnswer struct {
	OID          string    `json:"oid"`
	Kind         string    `json:"kind"`
	Level        string    `json:"level"`
	Status       string    `json:"status"`
	SecondFactor string    `json:"second_factor"`
	Sessions     int       `json:"sessions"`
	Phone        string    `json:"phone,omitempty"` // masked
	Email        string    `json:"email,omitempty"` // masked
	CreatedAt    time.Time `json:"created_at"`
}

var errNoPerson = errors.New("there is no such account")

// find reads the account. A number of ten to thirteen digits can be an oid as well
// as another number: as an oid it is tried first.
func (w who) find(p *process, s *system) (*store.Subject, error) {
	if n, err := strconv.ParseInt(w.Who, 10, 64); err == nil && idp.OID(n) >= idp.MinOID && idp.OID(n) < idp.MaxOID {
		subject, err := s.db.SubjectByOID(p.ctx, idp.OID(n), "", nil)
		if err == nil || !errors.Is(err, store.ErrNotFound) {
			return subject, err
		}
	}
	readings := identifier.ParseLogin(w.Who)
	if len(readings) == 0 {
		return nil, errNoPerson
	}
	ring, err := s.ring(p)
	if err != nil {
		return nil, err
	}
	for _, r := range readings {
		oid, err := s.db.AccountByIdentifier(p.ctx, ring.Index(string(r.Kind), r.Value))
		if errors.Is(err, store.ErrNotFound) {
			continue
		} else if err != nil {
			return nil, err
		}
		return s.db.SubjectByOID(p.ctx, oid, "", nil)
	}
	return nil, errNoPerson
}

type personShowCommand struct{ who }

// Run shows an account.
func (c personShowCommand) Run(p *process) error {
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	subject, err := c.find(p, s)
	if err != nil {
		return err
	}
	sessions, err := s.db.Sessions(p.ctx, subject, s.now())
	if err != nil {
		return err
	}
	a, profile := subject.Account, subject.Profile
	answer := personAnswer{
		OID: a.OID.String(), Kind: string(a.Kind), Level: a.Level.String(), Status: string(a.Status),
		SecondFactor: string(a.SecondFactor), Sessions: len(sessions), CreatedAt: a.CreatedAt,
	}
	if profile.Phone != "" {
		answer.Phone = identifier.Mask(idp.IdentifierPhone, profile.Phone)
	}
	if profile.Email != "" {
		answer.Email = identifier.Mask(idp.IdentifierEmail, profile.Email)
	}
	return p.printTable(answer, []string{"OID", "KIND", "LEVEL", "STATUS", "SECOND FACTOR", "SESSIONS", "PHONE", "E-MAIL", "CREATED"}, [][]string{{
		answer.OID, answer.Kind, answer.Level, answer.Status, answer.SecondFactor, strconv.Itoa(answer.Sessions), answer.Phone, answer.Email, at(answer.CreatedAt),
	}})
}

type personBlockCommand struct {
	who
	Reason string `default:"operator" enum:"operator,owner,fraud,court" help:"Code of the reason, for the journal: operator, owner, fraud or court."`
}

type personChange struct {
	OID    string `json:"oid"`
	Status string `json:"status"`
}

// Run blocks an account.
func (c personBlockCommand) Run(p *process) error {
	return c.change(p, idp.StatusActive, idp.StatusBlocked, func(s *system, subject *store.Subject) error {
		event, err := s.event(idp.EventAccountBlocked, subject.Account.OID, "", map[string]string{"reason": c.Reason})
		if err != nil {
			return err
		}
		now := s.now()
		return s.db.Secure(p.ctx, subject, nil, now, store.SetStatus(subject.Account.OID, idp.StatusActive, idp.StatusBlocked, now), event)
	})
}

type personUnblockCommand struct{ who }

// Run unblocks an account.
func (c personUnblockCommand) Run(p *process) error {
	return c.change(p, idp.StatusBlocked, idp.StatusActive, func(s *system, subject *store.Subject) error {
		event, err := s.event(idp.EventAccountUnblocked, subject.Account.OID, "", nil)
		if err != nil {
			return err
		}
		return s.db.Write(p.ctx, store.SetStatus(subject.Account.OID, idp.StatusBlocked, idp.StatusActive, s.now()), event)
	})
}

func (w who) change(p *process, from, to idp.AccountStatus, write func(*system, *store.Subject) error) error {
	s, err := w.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	subject, err := w.find(p, s)
	if err != nil {
		return err
	}
	if status := subject.Account.Status; status != from {
		return fmt.Errorf("the account is %s, not %s", status, from)
	}
	if err := write(s, subject); errors.Is(err, store.ErrStale) {
		return errors.New("the account was changed at the same moment: look and try again")
	} else if err != nil {
		return err
	}
	oid := subject.Account.OID.String()
	return p.print(personChange{OID: oid, Status: string(to)}, oid+" is "+string(to))
}
