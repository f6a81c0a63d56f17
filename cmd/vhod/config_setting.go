package main

import (
	"iter"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// setting is one key of the configuration with its value.
type setting struct {
	key    string // dotted
	secret string // what of it is hidden: "" nothing, "all", "url", "body"
	value  reflect.Value
}

// settings lists every setting, in the order of the structure.
func settings(c *config) iter.Seq[setting] {
	return func(yield func(setting) bool) { walk(reflect.ValueOf(c).Elem(), "", yield) }
}

func walk(v reflect.Value, prefix string, yield func(setting) bool) bool {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		key := prefix + field.Tag.Get("yaml")
		if field.Type.Kind() == reflect.Struct {
			if !walk(v.Field(i), key+".", yield) {
				return false
			}
		} else if !yield(setting{key: key, secret: field.Tag.Get("secret"), value: v.Field(i)}) {
			return false
		}
	}
	return true
}

const mask = "***"

// masked is the configuration with its secrets hidden.
func (c *config) masked() *config {
	m := *c
	for s := range settings(&m) {
		switch {
		case s.secret == "" || s.value.String() == "":
		case s.secret == "url":
			s.value.SetString(maskURL(s.value.String()))
		case s.secret == "body":
			s.value.SetString(maskBody(s.value.String()))
		default:
			s.value.SetString(mask)
		}
	}
	return &m
}

// maskURL hides the password of an address, whether before the host
// (postgres://user:password@host/db) or among the parameters
// (postgres://host/db?user=…&password=…), where gateways also want their keys:
// of the parameters only those that cannot be secret stay. What cannot be read is
// hidden whole.
func maskURL(address string) string {
	if path, ok := strings.CutPrefix(address, "sqlite:"); ok && !strings.ContainsAny(path, "?@") {
		return address
	}
	base, query, parameters := strings.Cut(address, "?")
	scheme, rest, ok := strings.Cut(base, "://")
	// An @ among the parameters is of a password that holds a question mark.
	if !ok || scheme == "" || strings.ContainsAny(base, " \t\n\\#") || strings.Contains(query, "@") {
		return mask
	}
	// The last @ ends the user information, whatever a password holds; after the
	// path has begun, one is out of place.
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		user, _, hasPassword := strings.Cut(rest[:i], ":")
		switch {
		case strings.Contains(user, "/"):
			return mask
		case hasPassword:
			rest = user + ":" + mask + rest[i:]
		case scheme == "http" || scheme == "https": // a token in the place of the user
			rest = mask + rest[i:]
		}
	}
	masked := scheme + "://" + rest
	if parameters {
		masked += "?" + maskQuery(query)
	}
	return masked
}

// plainParameters are those of a database's address that hold no secret.
const plainParameters = " host port dbname user sslmode sslrootcert sslcert sslkey sslsni search_path application_name " +
	"connect_timeout target_session_attrs statement_timeout pool_max_conns pool_min_conns "

func maskQuery(query string) string {
	if strings.Contains(query, "#") {
		return mask
	}
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		name, value, _ := strings.Cut(pair, "=")
		plain, err := url.QueryUnescape(name)
		if err != nil || strings.ContainsAny(plain, " ") || (!placeholder(value) && !strings.Contains(plainParameters, " "+plain+" ")) {
			pairs[i] = name + "=" + mask
		}
	}
	return strings.Join(pairs, "&")
}

// bodyParts finds the texts, placeholders and numbers of a JSON template; a colon
// after a text makes it a name.
var bodyParts = regexp.MustCompile(`"(?:[^"\\]|\\.)*"(?:\s*:)?|\{(?:to|text|id)\}|[-0-9][-+.0-9eE]*`)

// maskBody hides the values of a gateway's template but for the placeholders: which
// of them is the key to the gateway cannot be told. What cannot be read is hidden
// whole.
func maskBody(body string) string {
	if fillsJSON(body) {
		return bodyParts.ReplaceAllStringFunc(body, func(part string) string {
			if part[0] == '{' || part[len(part)-1] == ':' {
				return part
			}
			return `"` + mask + `"`
		})
	}
	pairs := strings.Split(body, "&")
	for i, pair := range pairs {
		name, value, ok := strings.Cut(pair, "=")
		switch {
		case !ok || strings.ContainsFunc(name, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.[]", r)
		}):
			return mask
		case !placeholder(value):
			pairs[i] = name + "=" + mask
		}
	}
	return strings.Join(pairs, "&")
}

func placeholder(value string) bool { return value == "{to}" || value == "{text}" || value == "{id}" }

// holdsSecret tells whether the file itself holds a secret: one that the
// environment does not give.
func (c *config) holdsSecret(environ []string) bool {
	hidden := map[string]string{}
	for s := range settings(c.masked()) {
		if s.secret != "" {
			hidden[s.key] = s.value.String()
		}
	}
	for s := range settings(c) {
		if s.secret == "" || s.value.String() == hidden[s.key] {
			continue
		}
		name := variable(s.key) + "="
		if !slices.ContainsFunc(environ, func(one string) bool {
			return strings.HasPrefix(one, name) || strings.HasPrefix(one, variable(s.key)+envFile+"=")
		}) {
			return true
		}
	}
	return false
}
