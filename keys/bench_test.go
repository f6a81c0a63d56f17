package keys

import (
	"testing"
	"time"
)

func benchRing(b *testing.B) *Ring {
	b.Helper()
	return newRing(b, &memory{}, time.Now, func(c *Config) { c.Algorithms = nil })
}

var benchClaims = map[string]any{
	"iss": "https://id.example.org", "sub": "3f1d0b0e-6a57-4d8f-9b1e-2f6f0c8a9d11", "aud": "bank", "client_id": "bank",
	"exp": 1772366400, "iat": 1772366100, "jti": "Yk3v0wq1S2m9aBcDeFgHiJ", "scope": "openid profile email",
}

func BenchmarkSign(b *testing.B) {
	r := benchRing(b)
	for _, alg := range allAlgorithms {
		b.Run(alg, func(b *testing.B) {
			for b.Loop() {
				if _, err := r.Sign(b.Context(), alg, "at+jwt", benchClaims); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	r := benchRing(b)
	for _, alg := range allAlgorithms {
		token, err := r.Sign(b.Context(), alg, "at+jwt", benchClaims)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(alg, func(b *testing.B) {
			for b.Loop() {
				if _, _, err := r.Verify(b.Context(), token, allAlgorithms); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkBox(b *testing.B) {
	r := benchRing(b)
	state, aad := make([]byte, 1000), []byte("issuer and cookie")
	sealed, err := r.Seal("flow", aad, state)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Seal", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Seal("flow", aad, state); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			if _, err := r.Open("flow", aad, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkDataKey(b *testing.B) {
	kek := mustKEK(b, kekA)
	key, wrapped, err := NewDataKey(kek, []byte("account"))
	if err != nil {
		b.Fatal(err)
	}
	sealed := key.Seal(make([]byte, 500), "person", "1", "1")
	b.Run("Unwrap", func(b *testing.B) {
		for b.Loop() {
			if _, err := OpenDataKey(kek, wrapped, []byte("account")); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Open", func(b *testing.B) {
		for b.Loop() {
			if _, err := key.Open(sealed, "person", "1", "1"); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkMAC(b *testing.B) {
	r := benchRing(b)
	family, generation := make([]byte, 16), make([]byte, 8)
	for b.Loop() {
		r.MAC("refresh", family, generation)
	}
}

func BenchmarkIndex(b *testing.B) {
	r := benchRing(b)
	for b.Loop() {
		r.Index("phone", "+70000000001")
	}
}

func BenchmarkHash(b *testing.B) {
	h := cheap(b, func(c *HashConfig) { c.Cost = Cost{} })
	for b.Loop() {
		if err := h.Dummy(b.Context(), "correct horse battery staple"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFirstStart(b *testing.B) {
	for b.Loop() {
		benchRing(b)
	}
}
