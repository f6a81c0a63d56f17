package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vhod/cmd/rig"
)

// glewlwydConfig is the packaged sample with what concerns this machine changed:
// %[1]s is the port, %[2]s where the package is, %[3]s the database.
const glewlwydConfig = `port=%[1]s
bind_address="127.0.0.1"
external_url="http://localhost:%[1]s"
login_url="login.html"
api_prefix="api"
log_mode="console"
log_level="NONE"
cookie_domain="localhost"
cookie_secure=0
session_expiration=2419200
session_key="GLEWLWYD2_SESSION_ID"
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="%[2]s/usr/lib/glewlwyd/user"
user_middleware_module_path="%[2]s/usr/lib/glewlwyd/user_middleware"
client_module_path="%[2]s/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="%[2]s/usr/lib/glewlwyd/scheme"
plugin_module_path="%[2]s/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = { type = "sqlite3"; path = "%[3]s"; };
`

// glewlwyd starts Glewlwyd on SQLite, its default, and sets it up through its API.
func (o *peersCommand) glewlwyd(ctx context.Context, folder string) (*peer, error) {
	program := filepath.Join(o.Glewlwyd, "usr/bin/glewlwyd")
	if _, err := os.Stat(program); o.Glewlwyd == "" || err != nil {
		return nil, errors.New("the Debian package glewlwyd is not there (--glewlwyd)")
	}
	root, err := filepath.Abs(o.Glewlwyd)
	if err != nil {
		return nil, err
	}
	database := filepath.Join(folder, "glewlwyd.db")
	if err := glewlwydDatabase(ctx, root, database); err != nil {
		return nil, err
	}
	port, err := rig.FreePort(ctx)
	if err != nil {
		return nil, err
	}
	config := filepath.Join(folder, "glewlwyd.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, glewlwydConfig, port, root, database), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, "--config-file="+config) //nolint:gosec // the peer of the operator's choice
	process, err := rig.Start(cmd, nil)
	if err != nil {
		return nil, err
	}
	p := &peer{
		name: "glewlwyd", note: "SQLite, salted SHA-512, no pages", jwks: "/api/oidc/jwks", pids: []int{process.PID()},
		dial:  func() *rig.Client { return &rig.Client{Address: "127.0.0.1:" + port, Host: "localhost:" + port} },
		close: func() { process.Stop(syscall.SIGTERM, 10*time.Second) },
	}
	if err := p.setUpGlewlwyd(ctx, process); err != nil {
		p.close()
		return nil, err
	}
	p.credentials = func(c *rig.Client) error {
		a, err := c.Post("/api/oidc/token", "grant_type=client_credentials&scope=profile", rig.Basic("bank", peerSecret))
		if err == nil && a.Status != http.StatusOK {
			err = rig.Unexpected("token", a)
		}
		return err
	}
	authorize := peerService("/api/oidc/auth", url.Values{"scope": {"openid profile"}, "g_continue": {""}})
	p.signIn = func(w *worker, number int) error {
		b := w.Browser(number)
		if err := glewlwydAPI(b, http.MethodPost, "/api/auth/", map[string]any{"username": glewlwydUser(number), "password": rig.PersonPassword}); err != nil {
			return err
		}
		a, err := b.Open(http.MethodGet, authorize, "")
		if err != nil {
			return err
		}
		code, err := rig.CodeOf(a)
		if err != nil {
			return err
		}
		return peerRedeem(b.Client, code, "/api/oidc/token", "/api/oidc/userinfo")
	}
	return p, nil
}

func glewlwydUser(number int) string { return fmt.Sprintf("person%d", number) }

// glewlwydDatabase makes the database with the package's own script.
func glewlwydDatabase(ctx context.Context, root, database string) error {
	packed, err := os.Open(filepath.Join(root, "usr/share/doc/glewlwyd/database/init.sqlite3.sql.gz"))
	if err != nil {
		return err
	}
	defer packed.Close()
	script, err := gzip.NewReader(packed)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(script)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, "sqlite3", database) //nolint:gosec // a file of one's own
	// One transaction: the disk is asked once.
	cmd.Stdin = strings.NewReader("BEGIN;\n" + string(text) + "\nCOMMIT;\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("sqlite3: %w %s", err, out)
	}
	return nil
}

// setUpGlewlwyd adds the protocol, the service and the people.
func (p *peer) setUpGlewlwyd(ctx context.Context, process *rig.Process) error {
	c := p.dial()
	defer c.Close()
	admin := c.Browser(0)
	var err error
	for range 200 {
		if err = glewlwydAPI(admin, http.MethodPost, "/api/auth/", map[string]any{"username": "admin", "password": "password"}); err == nil || process.Ended() || ctx.Err() != nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	if err != nil {
		return fmt.Errorf("it does not answer: %w", err)
	}
	private, public, err := pemPair()
	if err != nil {
		return err
	}
	for _, call := range []struct {
		path string
		body map[string]any
	}{
		{"/api/mod/plugin/", map[string]any{"module": "oidc", "name": "oidc", "display_name": "oidc", "order_rank": 0, "parameters": map[string]any{
			"iss": rig.Issuer, "jwt-type": "ecdsa", "jwt-key-size": "256", "key": private, "cert": public,
			"access-token-duration": 300, "refresh-token-duration": 1209600, "code-duration": 60, "refresh-token-rolling": true,
			"allow-non-oidc": true, "auth-type-code-enabled": true, "auth-type-code-revoke-replayed": true, "auth-type-client-enabled": true,
			"auth-type-refresh-enabled": true, "pkce-allowed": true, "jwks-show": true, "subject-type": "public", "allowed-scope": []string{"openid", "profile"},
		}}},
		{"/api/scope/", map[string]any{"name": "profile", "display_name": "profile", "password_required": true, "password_max_age": 0}},
		{"/api/client/", map[string]any{
			"client_id": "bank", "name": "bank", "client_secret": peerSecret, "password": peerSecret, "confidential": true, "enabled": true,
			"redirect_uri": []string{rig.Redirect}, "authorization_type": []string{"code", "client_credentials", "refresh_token"},
			"token_endpoint_auth_method": []string{"client_secret_basic"}, "scope": []string{"profile"},
		}},
	} {
		if err := glewlwydAPI(admin, http.MethodPost, call.path, call.body); err != nil {
			return err
		}
	}
	for number := range peerPeople {
		if err := glewlwydAPI(admin, http.MethodPost, "/api/user/", map[string]any{
			"username": glewlwydUser(number), "password": rig.PersonPassword, "name": "Иван Проверочный", "email": login(number),
			"scope": []string{"g_profile", "openid", "profile"}, "enabled": true,
		}); err != nil {
			return err
		}
		own := c.Browser(number)
		if err := glewlwydAPI(own, http.MethodPost, "/api/auth/", map[string]any{"username": glewlwydUser(number), "password": rig.PersonPassword}); err != nil {
			return err
		}
		if err := glewlwydAPI(own, http.MethodPut, "/api/auth/grant/bank/", map[string]any{"scope": "openid profile"}); err != nil {
			return err
		}
	}
	return nil
}

// api calls Glewlwyd's API, keeping its cookie.
func glewlwydAPI(b *rig.Browser, method, path string, body map[string]any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	var headers []string
	for name, value := range b.Cookies {
		headers = append(headers, "Cookie: "+name+"="+value+"\r\n")
	}
	a, err := b.Do(method, path, "application/json", string(text), headers)
	if err != nil {
		return err
	}
	for _, k := range a.Cookies {
		b.Cookies[k.Name] = k.Value
	}
	if a.Status != http.StatusOK {
		return rig.Unexpected(path, a)
	}
	return nil
}

// pemPair is a key to sign ES256 with.
func pemPair() (private, public string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	open, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return "", "", err
	}
	block := func(kind string, der []byte) string {
		return string(bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
	}
	return block("PRIVATE KEY", der), block("PUBLIC KEY", open), nil
}

// member is a string of a JSON object.
func member(text []byte, name string) string {
	var all map[string]json.RawMessage
	var value string
	if json.Unmarshal(text, &all) != nil || json.Unmarshal(all[name], &value) != nil {
		return ""
	}
	return value
}
