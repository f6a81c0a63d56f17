package password

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

// History is how many former passwords may not be chosen again.
const History = 3

// Max bounds what is read as a password, in bytes.
const Max = 1024

// secret is what the credential keeps: hashes in the PHC string format.
type secret struct {
	Hash   string    `json:"hash"`
	Former []string  `json:"former,omitempty"` // newest first
	SetAt  time.Time `json:"set_at"`
}

// New makes the credential of a password that met the policy. *keys.BusyError:
// try again later.
func New(ctx context.Context, h *keys.Hasher, password string, now time.Time) (idp.Credential, error) {
	return credential(ctx, h, idp.Credential{ID: uuid.New(), Kind: idp.CredentialPassword, CreatedAt: now}, nil, password, now)
}

func credential(ctx context.Context, h *keys.Hasher, c idp.Credential, former []string, password string, now time.Time) (idp.Credential, error) {
	hash, err := h.Hash(ctx, Normalize(password))
	if err != nil {
		return c, fmt.Errorf("hash password: %w", err)
	}
	c.Data, err = json.Marshal(secret{Hash: hash, Former: former, SetAt: now})
	return c, err
}

// Verify checks a password, already normalized, against a credential. When the
// cost of hashing was raised since, renewed is the credential to keep instead.
func Verify(ctx context.Context, h *keys.Hasher, c idp.Credential, password string) (ok bool, renewed *idp.Credential, err error) {
	kept, err := parse(c)
	if err != nil {
		return false, nil, err
	}
	ok, rehash, err := h.Verify(ctx, kept.Hash, password)
	if err != nil || !ok || !rehash {
		return ok, nil, err
	}
	again, err := credential(ctx, h, c, kept.Former, password, kept.SetAt)
	return err == nil, &again, err
}

func parse(c idp.Credential) (secret, error) {
	var s secret
	if err := json.Unmarshal(c.Data, &s); err != nil {
		return s, fmt.Errorf("password credential: %w", err)
	}
	return s, nil
}

// Changed is the subject's credential with a new password; former is true when
// the password was used before and nothing was made.
func Changed(ctx context.Context, db *store.DB, h *keys.Hasher, s *store.Subject, password string, now time.Time) (c idp.Credential, former bool, err error) {
	all, err := db.Credentials(ctx, s, idp.CredentialPassword)
	if err != nil {
		return c, false, err
	}
	if len(all) == 0 {
		c, err = New(ctx, h, password, now)
		return c, false, err
	}
	old, err := parse(all[0])
	if err != nil {
		return c, false, err
	}
	past := append([]string{old.Hash}, old.Former...)
	for _, hash := range past {
		same, _, err := h.Verify(ctx, hash, Normalize(password))
		if err != nil || same {
			return c, same, err
		}
	}
	c, err = credential(ctx, h, all[0], past[:min(len(past), History)], password, now)
	return c, false, err
}
