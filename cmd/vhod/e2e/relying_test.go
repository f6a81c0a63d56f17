package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
)

// What the sandbox's app, a public client, is registered with.
const (
	appID       = "app"
	appRedirect = "http://127.0.0.1:49152/callback" // RFC 8252 §7.3: any port
	appGoodbye  = "com.example.app:/goodbye"
)

var appScopes = []string{"openid", "profile", "offline_access"}

// TestRelyingPartyLibraries goes discovery, code with PKCE, verified ID token,
// userinfo, refresh, revocation and sign-out with unmodified libraries.
func TestRelyingPartyLibraries(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, s sandbox) {
		t.Run("coreos/go-oidc", func(t *testing.T) { goOIDC(t, s) })
		t.Run("zitadel/oidc", func(t *testing.T) { zitadelRP(t, s) })
		t.Run("openid-client", func(t *testing.T) { openidClient(t, s) })
	})
}

func goOIDC(t *testing.T, s sandbox) {
	ctx, p := t.Context(), newPerson(t, s)
	provider, err := oidc.NewProvider(ctx, s.issuer)
	if err != nil {
		t.Fatal(err)
	}
	var metadata struct {
		Revocation string `json:"revocation_endpoint"`
		EndSession string `json:"end_session_endpoint"`
	}
	if err := provider.Claims(&metadata); err != nil {
		t.Fatal(err)
	}
	config := oauth2.Config{ClientID: appID, Endpoint: provider.Endpoint(), RedirectURL: appRedirect, Scopes: appScopes}
	config.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	verifier := oauth2.GenerateVerifier()
	u := p.visit(config.AuthCodeURL("state", oidc.Nonce("nonce"), oauth2.S256ChallengeOption(verifier)))
	token, err := config.Exchange(ctx, answered(t, u, "state"), oauth2.VerifierOption(verifier))
	if err != nil {
		t.Fatal(err)
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		t.Fatal("no id_token")
	}
	id, err := provider.Verifier(&oidc.Config{ClientID: appID}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := id.VerifyAccessToken(token.AccessToken); err != nil || id.Nonce != "nonce" {
		t.Errorf("at_hash %v, nonce %q", err, id.Nonce)
	}
	info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != id.Subject {
		t.Fatalf("userinfo: %+v, %v", info, err)
	}
	again, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
	if err != nil || again.RefreshToken == token.RefreshToken {
		t.Fatalf("refresh: %v", err)
	}
	silent := config.AuthCodeURL("again", oauth2.SetAuthURLParam("prompt", "none"), oauth2.S256ChallengeOption(verifier))
	answered(t, p.visit(silent), "again") // signed in
	revoke(ctx, t, metadata.Revocation, again.RefreshToken)
	if _, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(again)); err == nil {
		t.Error("the access token outlives its revoked grant") // RFC 7009 §2.1
	}
	_, err = config.TokenSource(ctx, &oauth2.Token{RefreshToken: again.RefreshToken}).Token()
	var refused *oauth2.RetrieveError
	if !errors.As(err, &refused) || refused.ErrorCode != "invalid_grant" {
		t.Errorf("refresh after revocation: %v", err)
	}
	end := p.visit(metadata.EndSession + "?" + url.Values{"id_token_hint": {raw}, "post_logout_redirect_uri": {appGoodbye}, "state": {"bye"}}.Encode())
	if end.Scheme != "com.example.app" || end.Query().Get("state") != "bye" {
		t.Errorf("sign-out leads to %s", end)
	}
	signedOut(t, p, silent)
}

// signedOut checks that the browser has no session left.
func signedOut(t *testing.T, p *person, silent string) {
	t.Helper()
	if got := p.visit(silent).Query().Get("error"); got != "login_required" {
		t.Errorf("after sign-out: %q, want login_required", got)
	}
}

func revoke(ctx context.Context, t *testing.T, endpoint, token string) {
	t.Helper()
	form := url.Values{"token": {token}, "client_id": {appID}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("revocation: %d, %v", response.StatusCode, err)
	}
}

type nonceKey struct{}

// nonceOf is the nonce to expect: a refreshed ID token has none (OpenID Connect
// Core §12.2).
func nonceOf(ctx context.Context) string {
	nonce, _ := ctx.Value(nonceKey{}).(string)
	return nonce
}

func zitadelRP(t *testing.T, s sandbox) {
	ctx, p := t.Context(), newPerson(t, s)
	party, err := rp.NewRelyingPartyOIDC(ctx, s.issuer, appID, "", appRedirect, appScopes, rp.WithVerifierOpts(rp.WithNonce(nonceOf)))
	if err != nil {
		t.Fatal(err)
	}
	verifier := oauth2.GenerateVerifier()
	begin := rp.AuthURL("state", party, rp.WithCodeChallenge(oauth2.S256ChallengeFromVerifier(verifier)), rp.AuthURLOpt(rp.WithURLParam("nonce", "nonce")))
	u := p.visit(begin)
	tokens, err := rp.CodeExchange[*zitadel.IDTokenClaims](context.WithValue(ctx, nonceKey{}, "nonce"), answered(t, u, "state"), party, rp.WithCodeVerifier(verifier))
	if err != nil {
		t.Fatal(err)
	}
	info, err := rp.Userinfo[*zitadel.UserInfo](ctx, tokens.AccessToken, tokens.TokenType, tokens.IDTokenClaims.GetSubject(), party)
	if err != nil || info.FamilyName == "" {
		t.Fatalf("userinfo: %+v, %v", info, err)
	}
	again, err := rp.RefreshTokens[*zitadel.IDTokenClaims](ctx, party, tokens.RefreshToken, "", "")
	if err != nil || again.RefreshToken == tokens.RefreshToken {
		t.Fatalf("refresh: %v", err)
	}
	if err := rp.RevokeToken(ctx, party, again.RefreshToken, "refresh_token"); err != nil {
		t.Fatalf("revocation: %v", err)
	}
	if _, err := rp.RefreshTokens[*zitadel.IDTokenClaims](ctx, party, again.RefreshToken, "", ""); err == nil || !strings.Contains(err.Error(), "invalid_grant") {
		t.Errorf("refresh after revocation: %v", err)
	}
	// EndSession asks the endpoint itself, without the person's browser: the page
	// that asks the person is the answer.
	if _, err := rp.EndSession(ctx, party, tokens.IDToken, appGoodbye, "bye", "", nil); err != nil {
		t.Errorf("sign-out: %v", err)
	}
	end := p.visit(party.GetEndSessionEndpoint() + "?" + url.Values{"id_token_hint": {tokens.IDToken}, "post_logout_redirect_uri": {appGoodbye}, "state": {"bye"}}.Encode())
	if end.Query().Get("state") != "bye" {
		t.Errorf("sign-out leads to %s", end)
	}
	signedOut(t, p, begin+"&prompt=none")
}

// openidClient lets npm's openid-client do the protocol, in turns with the person:
// it prints what the browser has to open and reads where that led.
func openidClient(t *testing.T, s sandbox) {
	nodePath, _ := node(t)
	p := newPerson(t, s)
	settings, err := json.Marshal(map[string]string{"issuer": s.issuer, "client": appID, "redirect": appRedirect, "goodbye": appGoodbye, "scope": strings.Join(appScopes, " ")})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), nodePath, "openid_client.mjs", string(settings))
	in, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaints strings.Builder
	command.Stderr = &complaints
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(out)
	done := false
	for !done {
		var turn struct {
			Open string `json:"open"`
			Done bool   `json:"done"`
		}
		if err := answers.Decode(&turn); err != nil {
			break // it ended; Wait tells how
		}
		if done = turn.Done; turn.Open == "" {
			continue
		}
		if _, err := in.Write([]byte(p.visit(turn.Open).String() + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if err := in.Close(); err != nil {
		t.Error(err)
	}
	if err := command.Wait(); err != nil || !done {
		t.Fatalf("openid-client: %v\n%s", err, complaints.String())
	}
}
