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
)

const peerSecret = "0123456789abcdef0123456789abcdef"

// peerService is the relying service at another provider, whose paths are given.
func peerService(authorize string, form url.Values) string {
	s := newService("bank", peerSecret)
	_, query, _ := strings.Cut(s.authorize, "?")
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
func peerRedeem(c *client, code, token, info string) error {
	a, err := c.post(token, "grant_type=authorization_code&code="+url.QueryEscape(code)+"&redirect_uri="+url.QueryEscape(redirect)+"&code_verifier="+verifier,
		basic("bank", peerSecret), proxied)
	if err != nil {
		return err
	}
	if a.status != http.StatusOK {
		return unexpected("token", a)
	}
	access := member(a.body, "access_token")
	if a, err = c.get(info, bearer(access), proxied); err != nil {
		return err
	}
	if a.status != http.StatusOK || !bytes.Contains(a.body, []byte(`"sub"`)) {
		return unexpected("userinfo", a)
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
	cmd := exec.CommandContext(context.WithoutCancel(ctx), node, "node_oidc_provider.mjs", issuer, "bank", peerSecret, redirect)
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
	process, err := start(cmd, func() {
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
	p := &peer{name: "node-oidc-provider", note: "in memory, any password", jwks: "/jwks", pids: []int{process.pid()}}
	p.close = func() {
		_ = stdin.Close() // by which it ends
		process.stop(syscall.SIGTERM, 5*time.Second)
	}
	select {
	case number := <-port:
		p.dial = func() *client { return &client{address: "127.0.0.1:" + number, host: issuerHost} }
	case <-process.done:
		return nil, fmt.Errorf("it has ended: %s", said.String())
	case <-time.After(30 * time.Second):
		p.close()
		return nil, errors.New("it did not start within 30 seconds")
	}
	p.credentials = func(c *client) error {
		a, err := c.post("/token", "grant_type=client_credentials", basic("bank", peerSecret), proxied)
		if err == nil && a.status != http.StatusOK {
			err = unexpected("token", a)
		}
		return err
	}
	authorize := peerService("/auth", nil)
	p.signIn = func(w *worker, number int) error {
		b := w.browser(number)
		b.from += proxied
		if _, err := b.open(http.MethodGet, authorize, ""); err != nil {
			return err
		}
		if !strings.HasPrefix(b.at, "/interaction/") {
			return unexpected("sign-in, at "+b.at, answer{body: b.page})
		}
		a, err := b.open(http.MethodPost, b.at, url.Values{"prompt": {"login"}, "login": {login(number)}, "password": {personPassword}}.Encode())
		if err != nil {
			return err
		}
		code, err := codeOf(a)
		if err != nil {
			return err
		}
		return peerRedeem(b.client, code, "/token", "/me")
	}
	return p, nil
}
