package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"vhod/idp"
	"vhod/keys"
	"vhod/store"
)

type clientAddCommand struct {
	target
	File           string   `placeholder:"FILE" help:"Metadata in JSON, as client show writes them (- is standard input), instead of the options below."`
	ID             string   `name:"id" help:"The client_id; made when not given."`
	Name           string   `help:"Name in Russian."`
	NameEn         string   `help:"Name in English."`
	Description    string   `help:"What it is, in Russian."`
	DescriptionEn  string   `help:"What it is, in English."`
	Auth           string   `default:"client_secret_basic" enum:"client_secret_basic,client_secret_post,private_key_jwt,none" help:"How it authenticates: client_secret_basic, client_secret_post, private_key_jwt or none."`
	Keys           string   `placeholder:"FILE" help:"Its public keys (JWK set), for private_key_jwt."`
	Grant          []string `default:"authorization_code,refresh_token" help:"Grant types."`
	Redirect       []string `sep:"none" placeholder:"URI" help:"Address to return to; once for each."`
	LogoutRedirect []string `sep:"none" placeholder:"URI" help:"Address to return to after sign-out; once for each."`
	Native         bool     `help:"An app on people's devices, not a web site."`
	Scope          []string `sep:"none" placeholder:"NAME[=REASON]" help:"Scope it may ask for, with the reason shown (in Russian); once for each. openid is always there."`
	IDTokenAlg     string   `name:"id-token-alg" help:"Algorithm of its id tokens: RS256 (when not given), ES256, PS256 or EdDSA."`
	MinLevel       string   `enum:",simplified,standard,confirmed" default:"" help:"Least level of the people it lets in."`
	SecondFactor   bool     `help:"Demand two factors of everyone."`
	NoPKCE         bool     `name:"no-pkce" help:"Do not demand PKCE, for a service that cannot."`
}

// maxMetadata bounds the metadata and keys of a service, in bytes.
const maxMetadata = 64 << 10

// Run registers a service; its secret, if it has one, is shown now and never again.
func (c clientAddCommand) Run(p *process) error {
	client, err := c.client(p)
	if err != nil {
		return err
	}
	if client.ID == "" {
		client.ID = keys.RandomToken(16)
	}
	if err := checkClient(client, c.Data != ""); err != nil {
		return fmt.Errorf("the service is refused:\n%w", err)
	}
	s, err := c.open(p, false)
	if err != nil {
		return err
	}
	defer s.close()
	client.Status = idp.ClientActive
	client.CreatedAt = s.now().Truncate(time.Microsecond) // as it is kept
	client.UpdatedAt = client.CreatedAt
	client.SecretHash = []byte{}
	answer := answerClient(client)
	lines := []string{"client_id: " + client.ID}
	if usesSecret(client.TokenEndpointAuthMethod) {
		answer.Secret, client.SecretHash = newSecret()
		lines = append(lines, "client_secret: "+answer.Secret, shownOnce)
	}
	event, err := s.event(idp.EventClientCreated, 0, client.ID, nil)
	if err != nil {
		return err
	}
	if err := s.db.AddClient(p.ctx, client, event); errors.Is(err, store.ErrConflict) {
		return fmt.Errorf("there is a service %q already", client.ID)
	} else if err != nil {
		return err
	}
	return p.print(answer, lines...)
}

func (c clientAddCommand) client(p *process) (*idp.Client, error) {
	if c.File != "" {
		if c.ID != "" || c.Name != "" || len(c.Redirect)+len(c.Scope) > 0 {
			return nil, usage("--file holds all the metadata; the options for single ones do not go with it")
		}
		return readClient(p, c.File)
	}
	if c.Name == "" && c.NameEn == "" {
		return nil, usage("--name (or --file) is needed")
	}
	client := &idp.Client{
		ID:   c.ID,
		Name: texts(c.Name, c.NameEn), Description: texts(c.Description, c.DescriptionEn),
		RedirectURIs: c.Redirect, PostLogoutRedirectURIs: c.LogoutRedirect,
		GrantTypes: c.Grant, ApplicationType: "web",
		TokenEndpointAuthMethod: c.Auth, IDTokenAlg: c.IDTokenAlg,
		SecondFactor: c.SecondFactor, RequirePKCE: !c.NoPKCE,
	}
	client.MinLevel, _ = idp.ParseLevel(c.MinLevel)
	if c.Native {
		client.ApplicationType = "native"
	}
	if client.MayGrant("authorization_code") {
		client.ResponseTypes = []string{"code"}
		client.Scopes = []idp.ClientScope{{Name: idp.ScopeOpenID}}
	}
	for _, scope := range c.Scope {
		name, reason, _ := strings.Cut(scope, "=")
		if name != idp.ScopeOpenID {
			client.Scopes = append(client.Scopes, idp.ClientScope{Name: name, Reason: texts(reason, "")})
		}
	}
	if c.Keys != "" {
		set, err := readBounded(c.Keys, maxMetadata)
		if err != nil {
			return nil, err
		}
		client.JWKS = set
	}
	return client, nil
}

// readClient reads metadata; of what client show adds, nothing is taken over.
func readClient(p *process, name string) (*idp.Client, error) {
	var text []byte
	var err error
	if name == "-" {
		text, err = io.ReadAll(io.LimitReader(p.stdin, maxMetadata))
	} else {
		text, err = readBounded(name, maxMetadata)
	}
	if err != nil {
		return nil, err
	}
	var read struct {
		idp.Client
		Status    json.RawMessage `json:"status"`
		CreatedAt json.RawMessage `json:"created_at"`
		UpdatedAt json.RawMessage `json:"updated_at"`
	}
	if err := strictJSON(bytes.NewReader(text), &read); err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	return &read.Client, nil
}

// texts are words by language.
func texts(ru, en string) map[string]string {
	m := map[string]string{}
	if ru != "" {
		m["ru"] = ru
	}
	if en != "" {
		m["en"] = en
	}
	return m
}

// strictJSON reads exactly one value, without unknown members.
func strictJSON(r io.Reader, value any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(value); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	return nil
}
