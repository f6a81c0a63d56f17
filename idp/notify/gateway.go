package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"vhod/idp/job"
)

// Gateway sends SMS through an HTTP service.
type Gateway struct {
	// URL and Body are templates: {to}, {text} and {id} are filled in, escaped
	// for an address in the one and for ContentType in the other.
	URL, Method, Body, ContentType, Authorization string
	Client                                        *http.Client
}

// NewGateway is a gateway with a client that follows no redirect.
func NewGateway(url, method, body, contentType, authorization string) *Gateway {
	if method == "" {
		method = http.MethodPost
	}
	if contentType == "" {
		contentType = "application/json"
	}
	if body == "" && contentType == "application/json" && method == http.MethodPost {
		body = `{"to":{to},"text":{text},"id":{id}}`
	}
	// Transports keep two connections to a host, fewer than messages go at a time.
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, ForceAttemptHTTP2: true}
	return &Gateway{URL: url, Method: method, Body: body, ContentType: contentType, Authorization: authorization, Client: &http.Client{
		Timeout:       10 * time.Second,
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Send implements Channel.
func (g *Gateway) Send(ctx context.Context, m Message) error {
	escape := url.QueryEscape
	if strings.HasPrefix(g.ContentType, "application/json") {
		escape = quoted
	}
	target := fill(g.URL, m, url.QueryEscape)
	request, err := http.NewRequestWithContext(ctx, g.Method, target, bytes.NewBufferString(fill(g.Body, m, escape)))
	if err != nil {
		return fmt.Errorf("sms gateway: the address cannot be used: %w", job.ErrPermanent)
	}
	request.Header.Set("Content-Type", g.ContentType)
	request.Header.Set("Idempotency-Key", m.ID.String())
	if g.Authorization != "" {
		request.Header.Set("Authorization", g.Authorization)
	}
	response, err := g.Client.Do(request)
	if err != nil {
		return unanswered(err)
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, 64<<10)); err != nil {
		return fmt.Errorf("sms gateway: the answer broke off")
	}
	switch code := response.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 500, slices.Contains(temporary(), code):
		return fmt.Errorf("sms gateway: status %d", code)
	default:
		return fmt.Errorf("sms gateway: status %d: %w", code, job.ErrPermanent)
	}
}

// temporary are the refusals that are not of this message (RFC 9110 §15.5, RFC
// 6585 §4, RFC 8470 §5.2): the gateway is hurried, or we are not let in just now.
func temporary() []int {
	return []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
	}
}

// unanswered says why there was no answer, without the address, which net/http
// puts in front and which may hold the message.
func unanswered(err error) error {
	var address *url.Error
	if errors.As(err, &address) {
		err = address.Err
	}
	return fmt.Errorf("sms gateway: no answer: %w", err)
}

func fill(template string, m Message, escape func(string) string) string {
	return strings.NewReplacer("{to}", escape(m.To), "{text}", escape(m.Text), "{id}", escape(m.ID.String())).Replace(template)
}

// quoted is a JSON string.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		return `""` // strings always marshal
	}
	return string(b)
}
