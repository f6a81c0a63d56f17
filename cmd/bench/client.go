package main

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

// patience bounds one request.
const patience = 30 * time.Second

// client speaks HTTP/1.1 on one connection that is kept open. It is written out
// because it shares the cores with what it measures: net/http's costs three times
// as much. It is for one goroutine.
type client struct {
	address, host string
	conn          net.Conn
	in            *bufio.Reader
	out           []byte // the request being written
}

// answer is what came back.
type answer struct {
	status   int
	location string
	cookies  []*http.Cookie
	retry    string // Retry-After
	body     []byte
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close() // nothing is left to send
		c.conn = nil
	}
}

// basic is the header by which a service authenticates.
func basic(id, secret string) string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret)) + "\r\n"
}

func bearer(token string) string { return "Authorization: Bearer " + token + "\r\n" }

func (c *client) get(path string, headers ...string) (answer, error) {
	return c.do(http.MethodGet, path, "", "", headers)
}

// post sends a form.
func (c *client) post(path, form string, headers ...string) (answer, error) {
	return c.do(http.MethodPost, path, formType, form, headers)
}

const formType = "application/x-www-form-urlencoded"

// do sends a request, with a body unless its type is empty.
func (c *client) do(method, path, bodyType, body string, headers []string) (answer, error) {
	if c.conn == nil {
		conn, err := net.DialTimeout("tcp", c.address, patience) //nolint:noctx // bounded by patience
		if err != nil {
			return answer{}, err
		}
		c.conn, c.in = conn, bufio.NewReaderSize(conn, 32<<10)
	}
	a, keep, err := c.exchange(method, path, bodyType, body, headers)
	if err != nil || !keep {
		c.close()
	}
	return a, err
}

func (c *client) exchange(method, path, bodyType, body string, headers []string) (a answer, keep bool, err error) {
	out := append(c.out[:0], method...)
	out = append(append(append(out, ' '), path...), " HTTP/1.1\r\nHost: "...)
	out = append(append(out, c.host...), "\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0\r\n"...)
	for _, h := range headers {
		out = append(out, h...)
	}
	if bodyType != "" {
		out = append(append(append(out, "Content-Type: "...), bodyType...), "\r\nContent-Length: "...)
		out = append(strconv.AppendInt(out, int64(len(body)), 10), "\r\n"...)
	}
	out = append(append(out, "\r\n"...), body...)
	c.out = out
	if err := c.conn.SetDeadline(time.Now().Add(patience)); err != nil {
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
	a.status, a.location, a.retry, a.cookies = r.StatusCode, r.Header.Get("Location"), r.Header.Get("Retry-After"), r.Cookies()
	a.body, err = io.ReadAll(r.Body)
	return a, !r.Close, err
}

// browser is a person's: it keeps cookies, and comes from an address of its own.
type browser struct {
	*client
	cookies map[string]string
	from    string // a header
	at      string // the path of the page
	page    []byte
}

func (c *client) browser(number int) *browser {
	// RFC 2544 and RFC 1918: nobody's. Each third number is another network.
	return &browser{
		client: c, cookies: map[string]string{},
		from: fmt.Sprintf("X-Forwarded-For: 10.%d.%d.%d\r\n", number>>16&255, number>>8&255, number&255),
	}
}

var errLost = errors.New("redirected without end")

// open gets a page, or posts a form when one is given, and follows redirects
// within the provider. It returns the last answer.
func (b *browser) open(method, path, form string) (answer, error) {
	bodyType := ""
	if method == http.MethodPost {
		bodyType = formType
	}
	for range 8 {
		headers := []string{b.from, "Accept: text/html\r\nAccept-Language: ru\r\nSec-Fetch-Site: same-origin\r\n"}
		if len(b.cookies) > 0 {
			var line strings.Builder
			line.WriteString("Cookie: ")
			for name, value := range b.cookies {
				if line.Len() > len("Cookie: ") {
					line.WriteString("; ")
				}
				line.WriteString(name + "=" + value)
			}
			headers = append(headers, line.String()+"\r\n")
		}
		a, err := b.do(method, path, bodyType, form, headers)
		if err != nil {
			return a, err
		}
		for _, k := range a.cookies {
			b.cookies[k.Name] = k.Value
			if k.MaxAge < 0 {
				delete(b.cookies, k.Name)
			}
		}
		b.at, b.page = path, a.body
		next, own := strings.CutPrefix(a.location, issuer)
		if a.location == "" || !own && !strings.HasPrefix(a.location, "/") {
			return a, nil
		}
		method, path, bodyType, form = http.MethodGet, next, "", ""
	}
	return answer{}, errLost
}

// errRefused is an answer that politely asks to come again: 429 or 503 with
// Retry-After. It is no fault.
var errRefused = errors.New("asked to come again later")

// unexpected tells of an answer that was not what it should be.
func unexpected(what string, a answer) error {
	if a.retry != "" && (a.status == http.StatusTooManyRequests || a.status == http.StatusServiceUnavailable) {
		return fmt.Errorf("%s: %w (%d)", what, errRefused, a.status)
	}
	body := a.body
	if len(body) > 300 {
		body = body[:300]
	}
	return fmt.Errorf("%s: status %d, location %q: %s", what, a.status, a.location, body)
}
