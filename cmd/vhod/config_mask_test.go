package main

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func TestMaskURL(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"sqlite:vhod.db":                                        "sqlite:vhod.db",
		"postgres://u:s3cret@h:5432/d":                          "postgres://u:***@h:5432/d",
		"postgres://u@h/d":                                      "postgres://u@h/d",
		"postgres://u:s3@cret@h/d":                              "postgres://u:***@h/d",
		"postgres://u:s3/cret@h/d":                              "postgres://u:***@h/d",
		"postgres://u:s%3cret@h/d":                              "postgres://u:***@h/d",
		"postgres://h/d?user=u&password=s3cret&sslmode=disable": "postgres://h/d?user=u&password=***&sslmode=disable",
		"postgres://u:s3cret@h/d?sslpassword=s3cret&sslkey=k":   "postgres://u:***@h/d?sslpassword=***&sslkey=k",
		"postgres://h/d?PASSWORD=s3cret":                        "postgres://h/d?PASSWORD=***",
		"postgres://h/d?pass%77ord=s3cret":                      "postgres://h/d?pass%77ord=***",
		"postgres://u:s3cret?x@h/d":                             "***", // a question mark begins the parameters
		"postgres://u:s3#cret@h/d":                              "***",
		"host=h password=s3cret":                                "***",
		"https://sms.example.com/{to}?key=s3cret&text={text}":   "https://sms.example.com/{to}?key=***&text={text}",
		"https://s3cret@sms.example.com/":                       "https://***@sms.example.com/",
		"s3cret":                                                "***",
		"https://id.example.com":                                "https://id.example.com",
	} {
		if got := maskURL(address); got != want {
			t.Errorf("%s masked as %s, want %s", address, got, want)
		}
	}
}

func TestMaskBody(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"to":{to},"text":{text},"id":{id}}`:                                             `{"to":{to},"text":{text},"id":{id}}`,
		`{"key":"s3cret","n":-12.5e3, "messages" : [{"to":{to},"text":{text}}],"a":true}`: `{"key":"***","n":"***", "messages" : [{"to":{to},"text":{text}}],"a":true}`,
		`{"key":"s3\"cr:et","to":"{to}"}`:                                                 `***`,
		`{"key":"s3\"cr:et","to":{to}}`:                                                   `{"key":"***","to":{to}}`,
		`["s3cret",{to}]`:                                                                 `["***",{to}]`,
		`login=vhod&psw=s3cret&phones={to}&mes={text}`:                                    `login=***&psw=***&phones={to}&mes={text}`,
		`to={to}s3cret&text={text}`:                                                       `to=***&text={text}`,
		`s3cret`:                                                                          `***`,
		`s3cret{to}`:                                                                      `***`,
		`{"s3cret":{to}`:                                                                  `***`,
		`to={to}&s3 cret=`:                                                                `***`,
	} {
		if got := maskBody(body); got != want {
			t.Errorf("%s masked as %s, want %s", body, got, want)
		}
	}
}

// TestMaskedKeepsNothing fills every setting that may hold a secret.
func TestMaskedKeepsNothing(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	var c config
	filled := 0
	for s := range settings(&c) {
		switch s.secret {
		case "all":
			s.value.SetString(secret)
			filled++
		case "url":
			s.value.SetString("postgres://u:" + secret + "@h/d?password=" + secret)
			filled++
		case "body":
			s.value.SetString(`{"key":"` + secret + `","to":{to},"text":{text}}`)
			filled++
		}
	}
	if filled != 9 {
		t.Errorf("%d settings are marked, want 9: database, issuer, kek, smtp.password, sms.url, sms.body, sms.authorization, traces.endpoint, traces.authorization", filled)
	}
	text, err := yaml.Marshal(c.masked())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), secret) {
		t.Errorf("a secret is shown:\n%s", text)
	}
	if c.SMTP.Password != secret {
		t.Error("masking changed the configuration itself")
	}
}

// FuzzConfig: whatever the file holds, reading neither panics nor lets an unknown
// key through, and neither answer nor refusal shows what is marked as secret.
func FuzzConfig(f *testing.F) {
	f.Add(goodConfig, "postgres://u:hunter-2@h/d")
	f.Add("smtp: {<<: *a}", "postgres://h/d?password=hunter-2")
	f.Add("issuer: [a, {b: c}]\n---\n", "hunter-2")
	f.Add("a: &a [*a]", "https://hunter-2@sms/{to}")
	f.Add("keys: {period: !!int 5}", "x?y#z@:")
	f.Fuzz(func(t *testing.T, text, address string) {
		var c config
		if c.parse([]byte(text)) == nil {
			var tree map[string]any
			if yaml.Unmarshal([]byte(text), &tree) == nil {
				known := map[string]bool{}
				for field := range reflect.TypeFor[config]().Fields() {
					known[field.Tag.Get("yaml")] = true
				}
				for key := range tree {
					if !known[key] {
						t.Errorf("unknown key %q was let through", key)
					}
				}
			}
			c.defaults()
			_ = c.check() // its refusal is not of interest, its panic is
		}
		masked := maskURL(address)
		if u, err := url.Parse(address); err == nil && u.User != nil {
			// A short one may occur elsewhere by chance.
			if password, ok := u.User.Password(); ok && len(password) > 6 && !strings.Contains(u.Scheme+u.User.Username()+u.Host+u.Path, password) && strings.Contains(masked, password) {
				t.Errorf("%q masked as %q", address, masked)
			}
		}
	})
}
