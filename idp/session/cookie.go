package session

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"vhod/idp"
	"vhod/store"
)

const (
	sessionCookie = "session"
	browserCookie = "browser"
	secretSize    = 32
)

var encoding = base64.RawURLEncoding.Strict()

// Cookies reads and writes the provider's cookies.
type Cookies struct {
	// Secure is set when the issuer is https; the names then carry the __Host-
	// prefix (RFC 6265bis §4.1.3.2).
	Secure bool
}

// Session reads the cookie of a signed-in browser; nil is none or not well formed.
func (k Cookies) Session(c echo.Context) *store.SessionRef {
	raw := k.read(c, sessionCookie, 2+16+secretSize)
	if raw == nil {
		return nil
	}
	bucket := binary.BigEndian.Uint16(raw)
	if bucket >= idp.Buckets {
		return nil
	}
	return &store.SessionRef{Bucket: idp.Bucket(bucket), ID: uuid.UUID(raw[2:18]), CookieHash: hash(raw[18:])}
}

// NewSecret makes the secret of a session's cookie or a browser's, and the hash to
// keep of it.
func NewSecret() (secret, cookieHash []byte) {
	secret = make([]byte, secretSize)
	rand.Read(secret) // never fails (crypto/rand)
	return secret, hash(secret)
}

// SetSession signs the browser in to a session.
func (k Cookies) SetSession(c echo.Context, bucket idp.Bucket, id uuid.UUID, secret []byte) {
	raw := binary.BigEndian.AppendUint16(nil, uint16(bucket))
	raw = append(raw, id[:]...)
	k.write(c, sessionCookie, append(raw, secret...))
}

// ClearSession signs the browser out.
func (k Cookies) ClearSession(c echo.Context) { k.write(c, sessionCookie, nil) }

// Browser is the hash of the cookie that binds sign-ins in progress to this
// browser; nil when it has none.
func (k Cookies) Browser(c echo.Context) []byte {
	if raw, ok := c.Get(browserCookie).([]byte); ok {
		return hash(raw)
	}
	if raw := k.read(c, browserCookie, secretSize); raw != nil {
		return hash(raw)
	}
	return nil
}

// EnsureBrowser gives the browser its binding when it has none, and returns its hash.
func (k Cookies) EnsureBrowser(c echo.Context) []byte {
	if h := k.Browser(c); h != nil {
		return h
	}
	return k.RotateBrowser(c)
}

// RotateBrowser gives the browser a new binding: what other tabs proved before
// no longer opens.
func (k Cookies) RotateBrowser(c echo.Context) []byte {
	secret, h := NewSecret()
	k.SetBrowser(c, secret)
	return h
}

// SetBrowser gives the browser the binding of a secret.
func (k Cookies) SetBrowser(c echo.Context, secret []byte) {
	k.write(c, browserCookie, secret)
	c.Set(browserCookie, secret)
}

func (k Cookies) read(c echo.Context, name string, size int) []byte {
	cookie, err := c.Cookie(k.name(name))
	if err != nil || len(cookie.Value) != encoding.EncodedLen(size) {
		return nil
	}
	raw, err := encoding.DecodeString(cookie.Value)
	if err != nil {
		return nil
	}
	return raw
}

func (k Cookies) write(c echo.Context, name string, raw []byte) {
	cookie := &http.Cookie{
		Name: k.name(name), Value: encoding.EncodeToString(raw), Path: "/",
		HttpOnly: true, Secure: k.Secure, SameSite: http.SameSiteLaxMode,
	}
	if raw == nil {
		cookie.MaxAge = -1
	}
	c.SetCookie(cookie)
}

func (k Cookies) name(name string) string {
	if k.Secure {
		return "__Host-" + name
	}
	return name
}

func hash(raw []byte) []byte {
	sum := sha256.Sum256(raw)
	return sum[:]
}
