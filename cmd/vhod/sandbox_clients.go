package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net"

	"vhod/cmd/relying"
	"vhod/idp"
	"vhod/store"
)

// The services of a sandbox.
const (
	bankID    = "bank"
	stateID   = "state"
	appID     = "app"
	machineID = "machine"
)

// sandboxClients are the services of a sandbox whose relying services listen on a
// port of this machine. extra is the origin of their own, when it is another.
func (s *sandboxServices) clients(relyingPort, extra string) ([]*idp.Client, error) {
	jwks, err := relying.Client{ID: stateID, Key: []byte(s.StateKey)}.JWKS()
	if err != nil {
		return nil, err
	}
	origins := []string{"http://" + net.JoinHostPort("localhost", relyingPort), "http://" + net.JoinHostPort("127.0.0.1", relyingPort)}
	if extra != "" && extra != origins[0] && extra != origins[1] {
		origins = append(origins, extra)
	}
	at := func(path string) (all []string) {
		for _, origin := range origins {
			all = append(all, origin+path)
		}
		return all
	}
	web := idp.Client{
		Status: idp.ClientActive, ApplicationType: "web", RequirePKCE: true,
		ResponseTypes: []string{"code"}, GrantTypes: []string{"authorization_code", "refresh_token"},
	}
	bank := web
	bank.ID, bank.TokenEndpointAuthMethod, bank.SecretHash = bankID, idp.AuthBasic, hashed(s.BankSecret)
	bank.Name = texts("Банк Пример", "Example Bank")
	bank.Description = texts("Учебный банк песочницы", "The sandbox's sample bank")
	bank.RedirectURIs, bank.PostLogoutRedirectURIs = at("/bank/callback"), at("/bank/goodbye")
	bank.Scopes = []idp.ClientScope{
		{Name: idp.ScopeOpenID},
		{Name: idp.ScopeProfile, Reason: texts("чтобы открыть счёт на ваше имя", "to open an account in your name")},
		{Name: idp.ScopePhone, Reason: texts("чтобы сообщать об операциях", "to tell you about payments")},
		{Name: idp.ScopeEmail, Reason: texts("чтобы присылать выписки", "to send statements")},
		{Name: idp.ScopeINN, Reason: texts("чтобы передавать сведения в налоговую", "to report taxes")},
		{Name: idp.ScopeIDDoc, Reason: texts("чтобы заключить договор", "to sign a contract")},
		{Name: idp.ScopeAddress, Reason: texts("чтобы доставить карту", "to deliver a card")},
		{Name: idp.ScopeLevel, Reason: texts("чтобы знать, подтверждена ли личность", "to know whether you were identified")},
		{Name: idp.ScopeOfflineAccess, Reason: texts("чтобы обновлять данные, когда вы не на сайте", "to keep the data current while you are away")},
	}
	state := web
	state.ID, state.TokenEndpointAuthMethod, state.JWKS = stateID, idp.AuthPrivateKeyJWT, jwks
	state.IDTokenAlg = "ES256"
	state.Name = texts("Портал услуг Пример", "Example State Service")
	state.Description = texts("Учебный портал песочницы", "The sandbox's sample state service")
	state.RedirectURIs, state.PostLogoutRedirectURIs = at("/state/callback"), at("/state/goodbye")
	state.Scopes = []idp.ClientScope{
		{Name: idp.ScopeOpenID},
		{Name: idp.ScopeProfile, Reason: texts("чтобы заполнить заявление", "to fill in your application")},
		{Name: idp.ScopeSNILS, Reason: texts("чтобы найти вас в реестрах", "to find you in the registers")},
		{Name: idp.ScopeLevel, Reason: texts("чтобы знать, какие услуги вам доступны", "to know which services you may use")},
		{Name: idp.ScopePhone, Reason: texts("чтобы сообщить о готовности", "to tell you when it is ready")},
		{Name: idp.ScopeBirthplace, Reason: texts("чтобы заполнить заявление", "to fill in your application")},
		{Name: idp.ScopeCitizenship, Reason: texts("чтобы знать, какие услуги вам доступны", "to know which services you may use")},
	}
	app := web
	app.ID, app.TokenEndpointAuthMethod, app.ApplicationType = appID, idp.AuthNone, "native"
	app.Name = texts("Приложение Пример", "Example App")
	app.Description = texts("Учебное приложение без секрета", "A sample app without a secret")
	// RFC 8252 §7.3: loopback on any port.
	app.RedirectURIs = []string{"http://127.0.0.1/callback", "http://[::1]/callback", "http://localhost/callback", "com.example.app:/callback"}
	app.PostLogoutRedirectURIs = []string{"com.example.app:/goodbye"}
	app.Scopes = []idp.ClientScope{
		{Name: idp.ScopeOpenID},
		{Name: idp.ScopeProfile, Reason: texts("чтобы обращаться к вам по имени", "to call you by your name")},
		{Name: idp.ScopeEmail, Reason: texts("чтобы присылать новости", "to send news")},
		{Name: idp.ScopeOfflineAccess, Reason: texts("чтобы не входить каждый раз", "not to sign in every time")},
	}
	machine := idp.Client{
		ID: machineID, Status: idp.ClientActive, ApplicationType: "web", RequirePKCE: true,
		TokenEndpointAuthMethod: idp.AuthBasic, SecretHash: hashed(s.MachineSecret), GrantTypes: []string{"client_credentials"},
		Name: texts("Обмен данными Пример", "Example Exchange"), Scopes: []idp.ClientScope{},
	}
	all := []*idp.Client{&bank, &state, &app, &machine}
	for _, c := range all {
		if c.SecretHash == nil {
			c.SecretHash = []byte{}
		}
		if err := checkClient(c, true); err != nil {
			return nil, fmt.Errorf("service %s: %w", c.ID, err)
		}
	}
	return all, nil
}

func hashed(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// seedClients keeps the services, and brings those that are there up to date: the
// port may be another one, or the program a newer one. A disabled one stays so.
func seedClients(ctx context.Context, db *store.DB, now idp.Clock, wanted []*idp.Client) error {
	for _, c := range wanted {
		have, err := db.Client(ctx, c.ID)
		switch {
		case errors.Is(err, store.ErrNotFound):
			c.CreatedAt, c.UpdatedAt = now(), now()
			err = db.AddClient(ctx, c)
		case err == nil:
			err = updateClient(ctx, db, now, have, c)
		}
		if err != nil {
			return fmt.Errorf("service %s: %w", c.ID, err)
		}
	}
	return nil
}

func updateClient(ctx context.Context, db *store.DB, now idp.Clock, have, want *idp.Client) error {
	old, err := json.Marshal(have)
	if err != nil {
		return err
	}
	next, err := json.Marshal(want)
	if err != nil {
		return err
	}
	if bytes.Equal(old, next) && bytes.Equal(have.SecretHash, want.SecretHash) {
		return nil
	}
	want.Status, want.CreatedAt, want.UpdatedAt = have.Status, have.CreatedAt, now()
	return db.UpdateClient(ctx, want, have.UpdatedAt)
}
