package rig

import (
	"bufio"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Patience bounds one request.
const Patience = 30 * time.Second

// Client speaks HTTP/1.1 on one connection that is kept open. It is written out
// because it shares the cores with what it measures: net/http's costs three times
// as much. It is for one goroutine.
type Client struct {
	Address, Host string
	Wait          time.Duration // bounds one request; zero is Patience
	Once          bool          // a connection for each request
	// Seen, unless nil, is told of every answer, or that there was none, and how long
	// it took.
	Seen func(path string, a Answer, err error, took time.Duration)
	conn net.Conn
	in   *bufio.Reader
	out  []byte // the request being written
}

// Answer is what came back.
type Answer struct {
	Status   int
	Location string
	Cookies  []*http.Cookie
	Retry    string // Retry-After
	Body     []byte
}

// Close ends the connection; the next request makes another.
func (c *Client) Close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is left to send
		c.conn = nil
	}
}

// Basic is the header by which a service authenticates.
func Basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret)) + "\r\n"
}

// Bearer is the header by which an access token is shown.
func Bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }

// Get gets a page.
func (c *Client) Get(path string, headers ...string) (Answer, error) {
	return c.Do(http.MethodGet, path, "", "", headers)
}

// Post sends a form.
func (c *Client) Post(path, form string, headers ...string) (Answer, error) {
	return c.Do(http.MethodPost, path, formType, form, headers)
}

const formType = "application/x-www-form-urlencoded"

// Do sends a request, with a body unless its type is empty.
func (c *Client) Do(method, path, bodyType, body string, headers []string) (Answer, error) {
	begun := time.Now()
	a, keep, err := c.exchange(method, path, bodyType, body, headers)
	if err != nil || !keep || c.Once {
		c.Close()
	}
	if c.Seen != nil {
		c.Seen(path, a, err, time.Since(begun))
	}
	return a, err
}

func (c *Client) connect() error {
	if c.conn != nil {
		return nil
	}
	conn, err := net.DialTimeout("tcp", c.Address, c.wait()) //nolint:noctx // bounded
	if err != nil {
		return err
	}
	c.conn, c.in = conn, bufio.NewReaderSize(conn, 32<<10)
	return nil
}

func (c *Client) wait() time.Duration {
	if c.Wait > 0 {
		return c.Wait
	}
	return Patience
}

func (c *Client) exchange(method, path, bodyType, body string, headers []string) (a Answer, keep bool, err error) {
	if err := c.connect(); err != nil {
		return a, false, err
	}
	out := append(c.out[:0], method...)
	out = append(append(append(out, ' '), path...), " HTTP/1.1\r\nHost: "...)
	out = append(append(out, c.Host...), "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n"...)
	for _, h := range headers {
		out = append(out, h...)
	}
	if bodyType != "" {
		out = append(append(append(out, "Content-Type: "...), bodyType...), "\r\nContent-Length: "...)
		out = append(strconv.AppendInt(out, int64(len(body)), 10), "\r\n"...)
	}
	out = append(append(out, "\r\n"...), body...)
	c.out = out
	if err := c.conn.SetDeadline(time.Now().Add(c.wait())); err != nil {
		return a, false, err
	}
	if _, err := c.conn.Write(out); err != nil {
		return a, false, err
	}
	r, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return a, false, err
	}
	defer r.Body.Close()
	a.Status, a.Location, a.Retry, a.Cookies = r.StatusCode, r.Header.Get("Location"), r.Header.Get("Retry-After"), r.Cookies()
	a.Body, err = io.ReadAll(r.Body)
	return a, !r.Close, err
}

// Browser is a person's: it keeps cookies, and comes from an address of its own.
type Browser struct {
	*Client
	Cookies map[string]string
	From    string // a header
	At      string // the path of the page
	Status  int    // of the page
	Retry   string // of the page, Retry-After
	Page    []byte
}

// Browser is a person's browser on this connection; the number gives its address.
func (c *Client) Browser(number int) *Browser {
	// RFC 2544 and RFC 1918: nobody's. Each third number is another network.
	return &Browser{
		Client: c, Cookies: map[string]string{},
		From: fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d\r\n", number>>16&255, number>>8&255, number&255),
	}
}

var errLost = errors.New("redirected without end")

// Open gets a page, or posts a form when one is given, and follows redirects
// within the provider. It returns the last answer.
func (b *Browser) Open(method, path, form string) (Answer, error) {
	bodyType := ""
	if method == http.MethodPost {
		bodyType = formType
	}
	for range 8 {
		headers := []string{b.From, "Accept: text/html\r\nAccept-Language: ru\r\nSec-Fetch-Site: same-origin\r\n"}
		if len(b.Cookies) > 0 {
			var line strings.Builder
			line.WriteString("Cookie: ")
			for name, value := range b.Cookies {
				if line.Len() > len("Cookie: ") {
					line.WriteString("; ")
				}
				line.WriteString(name + "=" + value)
			}
			headers = append(headers, line.String()+"\r\n")
		}
		a, err := b.Do(method, path, bodyType, form, headers)
		if err != nil {
			return a, err
		}
		for _, k := range a.Cookies {
			b.Cookies[k.Name] = k.Value
			if k.MaxAge < 0 {
				delete(b.Cookies, k.Name)
			}
		}
		b.At, b.Status, b.Retry, b.Page = path, a.Status, a.Retry, a.Body
		next, own := strings.CutPrefix(a.Location, Issuer)
		if a.Location == "" || !own && !strings.HasPrefix(a.Location, "/") {
			return a, nil
		}
		method, path, bodyType, form = http.MethodGet, next, "", ""
	}
	return Answer{}, errLost
}

// ErrRefused is an answer that politely asks to come again: 429 or 503 with
// Retry-After. It is no fault.
var ErrRefused = errors.New("asked to come again later")

// AnswerError is an answer that was not what it should be.
type AnswerError struct {
	What   string
	Answer Answer
}

// Unexpected tells of an answer that was not what it should be.
func Unexpected(what string, a Answer) error { return &AnswerError{What: what, Answer: a} }

// Polite tells whether the answer asks to come again.
func (a Answer) Polite() bool {
	return a.Retry != "" && (a.Status == http.StatusTooManyRequests || a.Status == http.StatusServiceUnavailable)
}

// Is makes a polite answer an ErrRefused.
func (e *AnswerError) Is(target error) bool { return target == ErrRefused && e.Answer.Polite() }

// Error implements error.
func (e *AnswerError) Error() string {
	if e.Answer.Polite() {
		return fmt.Sprintf("%s: %v (%d)", e.What, ErrRefused, e.Answer.Status)
	}
	body := e.Answer.Body
	if len(body) > 300 {
		body = body[:300]
	}
	return fmt.Sprintf("%s: status %d, location %q: %s", e.What, e.Answer.Status, e.Answer.Location, body)
}
