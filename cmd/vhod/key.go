package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"vhod/idp"
	"vhod/keys"
)

type keyCommands struct {
	List   keyListCommand   `cmd:"" help:"List the keys with their states and times."`
	Rotate keyRotateCommand `cmd:"" help:"Give a signing algorithm, or another use, a new key."`
	Rewrap keyRewrapCommand `cmd:"" help:"Move everything to the key-encryption key that is first in its file."`
}

type keyListCommand struct{ target }

// Run lists the ring.
func (c keyListCommand) Run(p *process) error {
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	ring, err := s.ring(p)
	if err != nil {
		return err
	}
	all := ring.List()
	var rows [][]string
	for _, k := range all {
		rows = append(rows, []string{string(k.Use), k.Alg, strconv.FormatInt(k.Generation, 10), string(k.State), at(k.ActivateAt), at(k.RetireAt), at(k.ExpireAt), k.WrappedBy, k.KID})
	}
	return p.printTable(list(all), []string{"USE", "ALG", "GENERATION", "STATE", "ACTIVE FROM", "RETIRED FROM", "GONE FROM", "WRAPPED BY", "KID"}, rows)
}

type keyRotateCommand struct {
	target
	Use         string `default:"sig" enum:"sig,box,mac,index,audit" help:"What the key is for: sig, box, mac, index or audit."`
	Alg         string `placeholder:"ALG" help:"Signing algorithm: ES256 (when not given), RS256, PS256 or EdDSA."`
	Emergency   bool   `xor:"how" help:"Use the new key at once; what the old one signed stays valid."`
	Compromised bool   `xor:"how" help:"As --emergency, and nothing that the old key signed or sealed is accepted any longer."`
}

// Run rotates one key.
func (c keyRotateCommand) Run(p *process) error {
	use := keys.Use(c.Use)
	switch {
	case use != keys.UseSign && c.Alg != "":
		return usage("--alg is for signing keys")
	case use == keys.UseSign && c.Alg == "":
		c.Alg = keys.ES256
	case use == keys.UseSign && !slices.Contains([]string{keys.ES256, keys.RS256, keys.PS256, keys.EdDSA}, c.Alg):
		return usage("--alg must be ES256, RS256, PS256 or EdDSA")
	}
	how, name := keys.Scheduled, "scheduled"
	switch {
	case c.Compromised:
		how, name = keys.Compromised, "compromised"
	case c.Emergency:
		how, name = keys.Emergency, "emergency"
	}
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	ring, err := s.ring(p)
	if err != nil {
		return err
	}
	made, err := ring.Rotate(p.ctx, use, c.Alg, how)
	if err != nil {
		return err
	}
	event, err := s.event(idp.EventKeyRotated, 0, "", map[string]string{"kid": made.KID, "use": c.Use, "alg": made.Alg, "how": name})
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, event); err != nil {
		return fmt.Errorf("the key was made, the journal could not be written: %w", err)
	}
	return p.print(made, strings.Join([]string{"new key", made.KID, string(made.State), "active from", at(made.ActivateAt)}, " "))
}

type keyRewrapCommand struct{ target }

type rewrapAnswer struct {
	Keys     int    `json:"keys"`
	Accounts int    `json:"accounts"`
	KEK      string `json:"kek"`
}

// Run moves the ring's keys and the accounts' data keys; afterwards the older
// key-encryption keys can be taken out of the file.
func (c keyRewrapCommand) Run(p *process) error {
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	ring, err := s.ring(p)
	if err != nil {
		return err
	}
	answer := rewrapAnswer{KEK: s.kek.ID()}
	if answer.Keys, err = ring.Rewrap(p.ctx); err != nil {
		return err
	}
	if answer.Accounts, err = s.db.RewrapAccounts(p.ctx); err != nil {
		return fmt.Errorf("after %d accounts: %w", answer.Accounts, err)
	}
	event, err := s.event(idp.EventKeyRewrapped, 0, "", map[string]string{
		"kek": answer.KEK, "keys": strconv.Itoa(answer.Keys), "accounts": strconv.Itoa(answer.Accounts),
	})
	if err != nil {
		return err
	}
	if err := s.db.Write(p.ctx, event); err != nil {
		return fmt.Errorf("all was moved, the journal could not be written: %w", err)
	}
	return p.print(answer, fmt.Sprintf("moved to %s: %d keys of the ring, %d of accounts", answer.KEK, answer.Keys, answer.Accounts))
}
