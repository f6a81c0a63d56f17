package main

import (
	"context"
	"fmt"

	"vhod/store"
)

// without are rows that lack what they belong to, each counted by a statement.
var without = []struct{ what, statement string }{
	{"accounts without an identifier", `SELECT COUNT(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM identifier i WHERE i.bucket = a.bucket AND i.account_id = a.account_id)`},
	{"accounts without a key", `SELECT COUNT(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM account_key k WHERE k.bucket = a.bucket AND k.account_id = a.account_id)`},
	{"accounts without a password", `SELECT COUNT(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM credential c WHERE c.bucket = a.bucket AND c.account_id = a.account_id AND c.kind = 'password')`},
	{"accounts without agreements", `SELECT COUNT(*) FROM account a WHERE NOT EXISTS (SELECT 1 FROM agreement g WHERE g.bucket = a.bucket AND g.account_id = a.account_id)`},
	{"identifiers" + ofNobody, orphans("identifier")},
	{"keys" + ofNobody, orphans("account_key")},
	{"credentials" + ofNobody, orphans("credential")},
	{"agreements" + ofNobody, orphans("agreement")},
	{"documents" + ofNobody, orphans("document")},
	{"sessions" + ofNobody, orphans("session")},
	{"consents" + ofNobody, orphans("consent")},
	{"grants" + ofNobody, orphans("token_grant")},
	{"grants without a session", `SELECT COUNT(*) FROM token_grant t WHERE NOT EXISTS (SELECT 1 FROM session s WHERE s.bucket = t.bucket AND s.session_id = t.session_id)`},
	{"grants going on without a consent", `SELECT COUNT(*) FROM token_grant t WHERE t.revoked_at = 0 AND NOT EXISTS (SELECT 1 FROM consent c WHERE c.bucket = t.bucket AND c.account_id = t.account_id AND c.client_id = t.client_id)`},
	{"grants without a service", `SELECT COUNT(*) FROM token_grant t WHERE NOT EXISTS (SELECT 1 FROM client c WHERE c.client_id = t.client_id)`},
	{"revocations without a grant", `SELECT COUNT(*) FROM revoked_grant r WHERE NOT EXISTS (SELECT 1 FROM token_grant t WHERE t.bucket = r.bucket AND t.grant_id = r.grant_id)`},
	{"messages given up", `SELECT COUNT(*) FROM job WHERE state = 'dead'`},
}

const ofNobody = " of nobody"

func orphans(table string) string {
	return `SELECT COUNT(*) FROM ` + table + ` x WHERE NOT EXISTS (SELECT 1 FROM account a WHERE a.bucket = x.bucket AND a.account_id = x.account_id)`
}

// rows counts what lacks what it belongs to, and the accounts.
func (t *traffic) rows(ctx context.Context, db *store.DB) error {
	count := func(statement string) (n int64, err error) {
		if err = db.Q(ctx).QueryRow(ctx, statement).Scan(&n); err != nil {
			err = fmt.Errorf("%s: %w", statement, err)
		}
		return n, err
	}
	for _, one := range without {
		n, err := count(one.statement)
		if err != nil {
			return err
		}
		if n > 0 {
			t.violate(orphaned, "%d %s", n, one.what)
		}
	}
	accounts, err := count(`SELECT COUNT(*) FROM account`)
	if err != nil {
		return err
	}
	identifiers, err := count(`SELECT COUNT(*) FROM identifier`)
	if err != nil {
		return err
	}
	switch {
	case accounts < int64(len(t.citizens)):
		t.violate(lost, "%d accounts for %d registrations that were acknowledged", accounts, len(t.citizens))
	case accounts > int64(t.tried), identifiers > int64(t.tried):
		t.violate(double, "%d accounts and %d identifiers for %d registrations that were begun", accounts, identifiers, t.tried)
	}
	return nil
}
