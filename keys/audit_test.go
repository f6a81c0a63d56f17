package keys

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// What an audit key signed is checked for ever: after rotation, after the loss
// of the key, and elsewhere with the public keys alone.
func TestAuditSignatures(t *testing.T) {
	m, c := &memory{}, newClock()
	r := newRing(t, m, c.Now)
	var signed []string
	sign := func() {
		t.Helper()
		s, err := r.SignAudit([]byte(`{"anchor":1}`))
		if err != nil {
			t.Fatal(err)
		}
		signed = append(signed, s)
	}
	sign()
	for _, how := range []Rotation{Emergency, Compromised} {
		if _, err := r.Rotate(t.Context(), UseAudit, "", how); err != nil {
			t.Fatal(err)
		}
		c.add(time.Second)
		sign()
	}
	c.add(500 * 24 * time.Hour)
	if err := r.Maintain(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(newRing(t, m, c.Now).AuditKeys())
	if err != nil || strings.Contains(string(text), `"d"`) {
		t.Fatalf("%s: %v", text, err)
	}
	var elsewhere AuditKeys
	if err := json.Unmarshal(text, &elsewhere); err != nil {
		t.Fatal(err)
	}
	kids := map[string]bool{}
	for i, s := range signed {
		payload, kid, err := elsewhere.Verify(s)
		if err != nil || string(payload) != `{"anchor":1}` {
			t.Errorf("signature %d: %s %v", i, payload, err)
		}
		kids[kid] = true
	}
	if len(kids) != 3 {
		t.Errorf("%d keys signed", len(kids))
	}

	// Neither is anything else taken for one, nor the other way round.
	token, err := r.Sign(t.Context(), ES256, typAnchor, map[string]int{"anchor": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := elsewhere.Verify(token); !errors.Is(err, ErrToken) {
		t.Errorf("a token passed: %v", err)
	}
	if _, _, err := r.Verify(t.Context(), signed[2], []string{ES256}); !errors.Is(err, ErrToken) {
		t.Errorf("an anchor passed as a token: %v", err)
	}
	altered := []byte(signed[0])
	altered[len(altered)-10] ^= 1
	for _, s := range []string{"", "a.b.c", string(altered), signed[0][:len(signed[0])-4]} {
		if _, _, err := elsewhere.Verify(s); !errors.Is(err, ErrToken) {
			t.Errorf("%q passed: %v", s, err)
		}
	}
	if body, _ := r.JWKS(); strings.Contains(string(body), signedBy(t, elsewhere, signed[0])) {
		t.Error("an audit key is published for tokens")
	}
}

func signedBy(t *testing.T, k AuditKeys, signed string) string {
	t.Helper()
	_, kid, err := k.Verify(signed)
	if err != nil {
		t.Fatal(err)
	}
	return kid
}
