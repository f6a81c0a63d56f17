package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"vhod/cmd/rig"
)

const peerSecret = "0123456789abcdef0123456789abcdef"

// peerService is the relying service at another provider, whose paths are given.
func peerService(authorize string, form url.Values) string {
	s := rig.NewService("bank", peerSecret)
	_, query, _ := strings.Cut(s.Authorize, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	for name, values := range form {
		q[name] = values
	}
	return authorize + "?" + q.Encode()
}

// peerRedeem is what the service does with a code at another provider.
func peerRedeem(c *rig.Client, code, token, info string) error {
	a, err := c.Post(token, "grant_type=authorization_code&code="+url.QueryEscape(code)+"&redirect_uri="+url.QueryEscape(rig.Redirect)+"&code_verifier="+rig.Verifier,
		rig.Basic("bank", peerSecret), proxied)
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return rig.Unexpected("token", a)
	}
	access := member(a.Body, "access_token")
	if a, err = c.Get(info, rig.Bearer(access), proxied); err != nil {
		return err
	}
	if a.Status != http.StatusOK || !bytes.Contains(a.Body, []byte(`"sub"`)) {
		return rig.Unexpected("userinfo", a)
	}
	return nil
}

// proxied tells a provider that the browser speaks TLS to a proxy before it.
const proxied = "X-Forwarded-Proto: https\r\n"

// nodeProvider starts node-oidc-provider.
func (o *peersCommand) nodeProvider(ctx context.Context, _ string) (*peer, error) {
	node, err := exec.LookPath("node")
	if err != nil {
		return nil, errors.New("no Node.js is installed")
	}
	if matches, _ := filepath.Glob(filepath.Join(o.Node, "node_modules", "oidc-provider")); len(matches) == 0 {
		return nil, fmt.Errorf("its npm package is not installed (npm ci in %s)", o.Node)
	}
	//nolint:gosec // one's own script
	cmd := exec.CommandContext(context.WithoutCancel(ctx), node, "node_oidc_provider.mjs", rig.Issuer, "bank", peerSecret, rig.Redirect)
	cmd.Dir = o.Node
	var said bytes.Buffer
	cmd.Stderr = &said
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	port := make(chan string, 1)
	process, err := rig.Start(cmd, func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "ready "); ok {
				port <- text
			}
		}
		_, _ = io.Copy(io.Discard, stdout) // should a line have been too long
	})
	if err != nil {
		return nil, err
	}
	p := &peer{name: "node-oidc-provider", note: "in memory, any password", jwks: "/jwks", pids: []int{process.PID()}}
	p.close = func() {
		_ = stdin.Close() // by which it ends
		process.Stop(syscall.SIGTERM, 5*time.Second)
	}
	select {
	case number := <-port:
		p.dial = func() *rig.Client { return &rig.Client{Address: "127.0.0.1:" + number, Host: rig.IssuerHost} }
	case <-process.Done:
		return nil, fmt.Errorf("it has ended: %s", said.String())
	case <-time.After(30 * time.Second):
		p.close()
		return nil, errors.New("it did not start within 30 seconds")
	}
	p.credentials = func(c *rig.Client) error {
		a, err := c.Post("/token", "grant_type=client_credentials", rig.Basic("bank", peerSecret), proxied)
		if err == nil && a.Status != http.StatusOK {
			err = rig.Unexpected("token", a)
		}
		return err
	}
	authorize := peerService("/auth", nil)
	p.signIn = func(w *worker, number int) error {
		b := w.Browser(number)
		b.From += proxied
		if _, err := b.Open(http.MethodGet, authorize, ""); err != nil {
			return err
		}
		if !strings.HasPrefix(b.At, "/interaction/") {
			return rig.Unexpected("sign-in, at "+b.At, rig.Answer{Body: b.Page})
		}
		a, err := b.Open(http.MethodPost, b.At, url.Values{"prompt": {"login"}, "login": {login(number)}, "password": {rig.PersonPassword}}.Encode())
		if err != nil {
			return err
		}
		code, err := rig.CodeOf(a)
		if err != nil {
			return err
		}
		return peerRedeem(b.Client, code, "/token", "/me")
	}
	return p, nil
}
