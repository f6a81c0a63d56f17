package server_test

import (
	"net/http"
	"net/url"
	"testing"

	"vhod/store/storetest"
)

// The benchmarks go over HTTP on the loopback, client and server in one process,
// with a password hash of next to no cost. Compare with BenchmarkHash of keys.

func engines(b *testing.B, body func(b *testing.B, p *provider)) {
	b.Helper()
	for _, engine := range []string{storetest.SQLite, storetest.Postgres} {
		b.Run(engine, func(b *testing.B) {
			db, clock := storetest.Open(b, engine)
			body(b, bank(b, db, clock))
		})
	}
}

// BenchmarkPasswordLogin is password, remembered consent, code, token, userinfo.
func BenchmarkPasswordLogin(b *testing.B) {
	engines(b, func(b *testing.B, p *provider) {
		p.signedIn(p.browser(), nil)
		for b.Loop() {
			p.whole(b, p.browser())
		}
	})
}

// BenchmarkSingleSignOn is code, token, userinfo of a browser that is signed in.
func BenchmarkSingleSignOn(b *testing.B) {
	engines(b, func(b *testing.B, p *provider) {
		person := p.browser()
		p.signedIn(person, nil)
		for b.Loop() {
			p.whole(b, person)
		}
	})
}

func (p *provider) whole(b *testing.B, person *browser) {
	b.Helper()
	tokens := p.redeem(p.signedIn(person, url.Values{"state": {"s"}}), nil)
	if r := p.userinfo(tokens.text("access_token")); r.status != http.StatusOK {
		b.Fatalf("userinfo: %+v", r)
	}
}

// BenchmarkRefresh is one rotation.
func BenchmarkRefresh(b *testing.B) {
	engines(b, func(b *testing.B, p *provider) {
		tokens := p.redeem(p.signedIn(p.browser(), nil), nil)
		for b.Loop() {
			if tokens = p.refresh(tokens.text("refresh_token"), nil); tokens.status != http.StatusOK {
				b.Fatalf("refresh: %+v", tokens)
			}
		}
	})
}

// BenchmarkClientCredentials is a service's own token: no database.
func BenchmarkClientCredentials(b *testing.B) {
	engines(b, func(b *testing.B, p *provider) {
		for b.Loop() {
			if r := p.call("/oauth2/token", url.Values{"grant_type": {"client_credentials"}}); r.status != http.StatusOK {
				b.Fatalf("token: %+v", r)
			}
		}
	})
}
