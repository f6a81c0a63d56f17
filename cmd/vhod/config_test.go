package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// goodConfig is as little as serve accepts.
const goodConfig = `
issuer: https://id.example.com
listen: 127.0.0.1:8080
database: sqlite:vhod.db
kek_file: kek
smtp: {host: mail.example.com, from: no-reply@example.com}
sms: {url: https://sms.example.com/send}
`

func parsed(t *testing.T, text string, environ ...string) (*config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vhod.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return readConfig(path, environ)
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	c, err := parsed(t, goodConfig)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(); err != nil {
		t.Fatal(err)
	}
	if c.DatabaseConnections != 16 || c.Password != (passwordConfig{19456, 2, 1}) || c.Keys.Period != duration(90*24*time.Hour) ||
		c.SMTP.Port != 587 || c.SMTP.TLS != "starttls" || c.SMS.Method != "POST" || c.MinimumAge != 18 || c.LogLevel != "info" {
		t.Errorf("defaults: %+v", c)
	}
	implicit, err := parsed(t, goodConfig, "VHOD_SMTP_TLS=implicit")
	if err != nil || implicit.SMTP.Port != 465 {
		t.Errorf("implicit TLS on port %d (%v), want 465", implicit.SMTP.Port, err)
	}
}

// TestConfigZero: a zero in the file is what somebody wants, and refused.
func TestConfigZero(t *testing.T) {
	t.Parallel()
	c, err := parsed(t, goodConfig+"password: {memory_kib: 0, time: 0, parallelism: 0}\nminimum_age: 0\ndatabase_connections: 0\nkeys: {period: 0s}\n")
	if err != nil {
		t.Fatal(err)
	}
	refusal := c.check()
	for _, setting := range []string{"password.memory_kib", "password.time", "password.parallelism", "minimum_age", "database_connections", "keys.period"} {
		if refusal == nil || !strings.Contains(refusal.Error(), setting+": ") {
			t.Errorf("%s: 0 is not refused: %v", setting, refusal)
		}
	}
	empty, err := parsed(t, goodConfig+"password:\nminimum_age:\n")
	if err != nil || empty.Password.Time != 2 || empty.MinimumAge != 18 {
		t.Errorf("keys without a value: %+v, %v", empty, err)
	}
}

func TestConfigProxies(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"10.1.2.0/24, 2001:db8::/32": "", "10.1.2.3/24": "10.1.2.0/24 is meant", "10.1.2.3": "no network", "0.0.0.0/0": "trusts everybody", "::/0": "trusts everybody",
	} {
		_, err := parsed(t, goodConfig+"trusted_proxies: '"+text+"'\n")
		if want == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	c, err := parsed(t, goodConfig, "VHOD_TRUSTED_PROXIES=10.1.2.0/24", "VHOD_LISTEN=0.0.0.0:8080")
	if err != nil || c.check() != nil || len(c.proxies()) != 1 {
		t.Errorf("behind a proxy elsewhere: %v, %v", err, c.check())
	}
	c, err = parsed(t, goodConfig+"tls: {certificate: /c, key: /k}\ntrusted_proxies: 10.1.2.0/24\n")
	if err != nil || c.check() == nil || !strings.Contains(c.check().Error(), "trusted_proxies: ") {
		t.Errorf("a proxy and a certificate: %v", err)
	}
	c, err = parsed(t, goodConfig+"limits: {failures: 0, pages: -1, instances: 4}\n")
	if err != nil || c.check() == nil || !strings.Contains(c.check().Error(), "limits.failures") || !strings.Contains(c.check().Error(), "limits.pages") {
		t.Errorf("limits of nothing: %v", err)
	}
	if got := c.Limits.limits(); got.Forms != 300 || got.Requests != 1000 || got.Failures != 1 {
		t.Errorf("the share of one of four: %+v", got)
	}
}

// TestConfigPaths: those of the file are taken from its folder, those of the
// environment from where the program is started.
func TestConfigPaths(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "vhod.yaml")
	if err := os.WriteFile(path, []byte(goodConfig+"tls: {certificate: tls/chain.pem, key: /etc/key.pem}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := readConfig(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.TLS != (tlsConfig{filepath.Join(folder, "tls/chain.pem"), "/etc/key.pem"}) || c.KEKFile != filepath.Join(folder, "kek") || c.Database != "sqlite:"+filepath.Join(folder, "vhod.db") {
		t.Errorf("paths of the file: %+v, %s, %s", c.TLS, c.KEKFile, c.Database)
	}
	c, err = readConfig(path, []string{"VHOD_KEK_FILE=kek", "VHOD_DATABASE=sqlite:vhod.db", "VHOD_TLS_KEY=key.pem"})
	here, wrong := os.Getwd()
	if err = errors.Join(err, wrong); err != nil || c.KEKFile != filepath.Join(here, "kek") || c.Database != "sqlite:"+filepath.Join(here, "vhod.db") || c.TLS.Key != filepath.Join(here, "key.pem") {
		t.Errorf("paths of the environment: %+v, %v", c, err)
	}
}

func TestConfigRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text    string
		environ []string
		want    string // part of the error; empty is none
	}{
		"empty":              {text: ""},
		"only a comment":     {text: "# nothing\n"},
		"null":               {text: "null\n"},
		"empty section":      {text: "smtp:\n"},
		"environment":        {environ: []string{"VHOD_SMTP_PORT=25", "VHOD_KEYS_PERIOD=48h", "PATH=/bin", "VHOD_TEST_POSTGRES=x"}},
		"unknown key":        {text: "frob: 1", want: `unknown "frob" (line 1)`},
		"unknown inner key":  {text: "sms:\n  frob: 1", want: `unknown "sms.frob" (line 2)`},
		"dotted key":         {text: "smtp.host: x", want: `unknown "smtp.host"`},
		"twice":              {text: "issuer: a\nissuer: b", want: "already defined"},
		"merge":              {text: "a: &a {host: x}\nsmtp: {<<: *a}", want: "unknown"},
		"two documents":      {text: "issuer: a\n---\nissuer: b", want: "more than one"},
		"a list":             {text: "- issuer", want: "keys of its own"},
		"text for a section": {text: "smtp: s3cret", want: `"smtp" (line 1): it has keys`},
		"not YAML":           {text: "issuer: [", want: "yaml"},
		"text for a number":  {text: "smtp: {port: s3cret}", want: "no whole number"},
		"fraction":           {text: "minimum_age: 17.5", want: `"minimum_age" (line 1): no whole number`},
		"negative":           {text: "password: {memory_kib: -1}", want: "cannot unmarshal"},
		"too large":          {text: "password: {parallelism: 300}", want: "cannot unmarshal"},
		"no duration":        {text: "keys: {period: 90}", want: "no duration"},
		"too long":           {text: "issuer: " + strings.Repeat("a", maxConfig), want: "longer than"},
		"unknown variable":   {environ: []string{"VHOD_FROB=1", "VHOD_BROF=1"}, want: "unknown VHOD_BROF; unknown VHOD_FROB"},
		"variable's section": {environ: []string{"VHOD_SMTP=x"}, want: "unknown VHOD_SMTP"},
		"variable's number":  {environ: []string{"VHOD_SMTP_PORT=s3cret"}, want: "VHOD_SMTP_PORT: no whole number"},
		"variable's range":   {environ: []string{"VHOD_PASSWORD_PARALLELISM=256"}, want: "VHOD_PASSWORD_PARALLELISM"},
		"variable's term":    {environ: []string{"VHOD_KEYS_PERIOD=soon"}, want: "VHOD_KEYS_PERIOD"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parsed(t, c.text, c.environ...)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("error %v, want one with %q", err, c.want)
			case err != nil && strings.Contains(err.Error(), "s3cret"):
				t.Errorf("the error repeats a value: %v", err)
			}
		})
	}
}

func TestConfigUnsafe(t *testing.T) {
	t.Parallel()
	for change, want := range map[string]string{
		"ISSUER=":                                           "issuer: ",
		"ISSUER=http://id.example.com":                      "issuer: it must begin with https://",
		"ISSUER=https://id.example.com/":                    "issuer: ",
		"ISSUER=https://id.example.com/x":                   "issuer: ",
		"ISSUER=https://id.example.com?x":                   "issuer: ",
		"ISSUER=https://id.example.com#x":                   "issuer: ",
		"ISSUER=https://id.example.com#":                    "issuer: ",
		"ISSUER=https://ID.example.com":                     "issuer: ",
		"ISSUER=https://id.example.com:443":                 "issuer: ",
		"ISSUER=https://id.example.com:":                    "issuer: ",
		"ISSUER=https://u:s3cret@example.com":               "issuer: ",
		"ISSUER=https://":                                   "issuer: ",
		"ISSUER=id.example.com":                             "issuer: ",
		"LISTEN=":                                           "listen: ",
		"LISTEN=8080":                                       "listen: ",
		"LISTEN=0.0.0.0:8080":                               "listen: ",
		"LISTEN=:8080":                                      "listen: ",
		"LISTEN=[::]:8080":                                  "listen: ",
		"TLS_KEY=key.pem":                                   "tls: ",
		"DATABASE=":                                         "database: ",
		"DATABASE=vhod.db":                                  "database: ",
		"DATABASE=sqlite:":                                  "database: ",
		"DATABASE=mysql://u:s3cret@h/d":                     "database: ",
		"DATABASE=host=h password=s3cret":                   "database: ",
		"DATABASE=postgres://u:s3cret@db/d":                 "database: ",
		"DATABASE=postgres://u:s3cret@db/d?sslmode=require": "database: ",
		"DATABASE=postgres://u:s3cret@localhost,db/d":       "database: ",
		"DATABASE=postgres:///d?host=db&password=s3cret":    "database: ",
		"DATABASE=postgres://u:s3cret@localhost/d?host=db":  "database: ",
		"DATABASE=postgres://u:s3cret@db:port/d":            "database: ",
		"DATABASE_CONNECTIONS=1":                            "database_connections: ",
		"DATABASE_CONNECTIONS=100000":                       "database_connections: ",
		"KEK=k1:s3cret":                                     "kek",
		"KEK_FILE=":                                         "kek_file: ",
		"PASSWORD_MEMORY_KIB=19455":                         "password.memory_kib: ",
		"PASSWORD_MEMORY_KIB=4294967295":                    "password.memory_kib: ",
		"PASSWORD_TIME=0":                                   "password.time: 2 to 16, not 0",
		"PASSWORD_MEMORY_KIB=0":                             "password.memory_kib: ",
		"DATABASE_CONNECTIONS=0":                            "database_connections: ",
		"SMTP_PORT=0":                                       "smtp.port: ",
		"MINIMUM_AGE=0":                                     "minimum_age: ",
		"KEYS_PERIOD=0s":                                    "keys.period: ",
		"PASSWORD_TIME=1":                                   "password.time: ",
		"PASSWORD_PARALLELISM=255":                          "password.parallelism: ",
		"KEYS_PERIOD=1h":                                    "keys.period: ",
		"KEYS_PERIOD=-48h":                                  "keys.period: ",
		"KEYS_PERIOD=1000000h":                              "keys.period: ",
		"SMTP_HOST=":                                        "smtp.host: ",
		"SMTP_PORT=-1":                                      "smtp.port: ",
		"SMTP_FROM=Vhod":                                    "smtp.from: ",
		"SMTP_FROM=Vhod <no-reply@example.com>":             "smtp.from: ",
		"SMTP_USER=vhod":                                    "smtp.user: ",
		"SMTP_TLS=none":                                     "smtp.tls: ",
		"SMTP_TLS=maybe":                                    "smtp.tls: ",
		"SMS_URL=":                                          "sms.url: ",
		"SMS_URL=http://sms.example.com/?key=s3cret":        "sms.url: ",
		"SMS_URL=ftp://sms.example.com/":                    "sms.url: ",
		"SMS_METHOD=DELETE":                                 "sms.method: ",
		"SMS_METHOD=GET":                                    "sms.body: {to} occurs",
		"SMS_BODY={\"to\":{to}}":                            "sms.body: {text} occurs",
		"SMS_BODY={\"key\":\"s3cret\",\"to\":\"{to}\",\"text\":\"{text}\"}": "sms.body: with {to}",
		"SMS_CONTENT_TYPE=text/plain":                                       "sms.content_type: ",
		"METRICS_LISTEN=9464":                                               "metrics.listen: ",
		"METRICS_LISTEN=0.0.0.0:9464":                                       "metrics.listen: ",
		"METRICS_LISTEN=:9464":                                              "metrics.listen: ",
		"METRICS_LISTEN=203.0.113.1:9464":                                   "metrics.listen: ",
		"METRICS_LISTEN=127.0.0.1:8080":                                     "metrics.listen: ",
		"TRACES_ENDPOINT=http://collector.example.com:4318":                 "traces.endpoint: ",
		"TRACES_ENDPOINT=collector:4318":                                    "traces.endpoint: ",
		"TRACES_ENDPOINT=https://collector.example.com/?key=s3cret":         "traces.endpoint: ",
		"TRACES_ONE_IN=0":                                                   "traces.one_in: ",
		"MINIMUM_AGE=13":                                                    "minimum_age: ",
		"LOG_LEVEL=loud":                                                    "log_level: ",
	} {
		t.Run(change, func(t *testing.T) {
			t.Parallel()
			c, err := parsed(t, goodConfig, envPrefix+change)
			if err != nil {
				t.Fatal(err)
			}
			err = c.check()
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Fatalf("refusal %v, want one with %q", err, want)
			}
			if strings.Contains(err.Error(), "s3cret") {
				t.Errorf("the refusal repeats a secret: %v", err)
			}
			// Without the usual body, both placeholders are missing too.
			if strings.Count(err.Error(), "\n") > 2 {
				t.Errorf("one change is refused for more than it is: %v", err)
			}
		})
	}
}

func TestConfigSafe(t *testing.T) {
	t.Parallel()
	for _, change := range []string{
		"ISSUER=https://id.example.com:8443", "LISTEN=[::1]:8080", "LISTEN=localhost:8080",
		"DATABASE=postgres://u:p@localhost/d", "DATABASE=postgres://u:p@[::1]:5432/d", "DATABASE=postgres:///d?host=/run/postgresql",
		"DATABASE=postgresql://u:p@db/d?sslmode=verify-full",
		"SMS_BODY={\"to\":{to},\"message\":{\"text\":{text}}}",
		"METRICS_LISTEN=localhost:9464", "METRICS_LISTEN=10.1.2.3:9464", "METRICS_LISTEN=[::1]:9464", "METRICS_LISTEN=[fd00::1]:9464",
		"TRACES_ENDPOINT=http://127.0.0.1:4318", "TRACES_ENDPOINT=https://collector.example.com:4318",
	} {
		c, err := parsed(t, goodConfig, envPrefix+change)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.check(); err != nil {
			t.Errorf("%s: %v", change, err)
		}
	}
	c, err := parsed(t, goodConfig, "VHOD_LISTEN=0.0.0.0:443", "VHOD_TLS_CERTIFICATE=c.pem", "VHOD_TLS_KEY=k.pem",
		"VHOD_SMS_METHOD=GET", "VHOD_SMS_URL=https://sms.example.com/{to}?text={text}")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.check(); err != nil {
		t.Error(err)
	}
}

// TestConfigSecretFiles: a secret may stand in a file of its own, that the
// environment names.
func TestConfigSecretFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	secret, empty := filepath.Join(folder, "secret"), filepath.Join(folder, "empty")
	for path, text := range map[string]string{secret: "s3cret=\n", empty: "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := parsed(t, goodConfig+"kek: x\n", "VHOD_SMTP_PASSWORD_FILE="+secret, "VHOD_DATABASE_FILE="+secret, "VHOD_KEK_FILE=elsewhere")
	if err != nil || c.SMTP.Password != "s3cret=" || c.Database != "s3cret=" || filepath.Base(c.KEKFile) != "elsewhere" {
		t.Errorf("%+v, %v", c, err)
	}
	for variable, want := range map[string]string{
		"VHOD_SMTP_HOST_FILE=" + secret:                          "unknown VHOD_SMTP_HOST_FILE",
		"VHOD_SMTP_PASSWORD_FILE=" + empty:                       "is empty",
		"VHOD_SMTP_PASSWORD_FILE=" + folder + "/nowhere":         "no such file",
		"VHOD_SMTP_PASSWORD=a VHOD_SMTP_PASSWORD_FILE=" + secret: "together: one is needed",
	} {
		if _, err := parsed(t, goodConfig, strings.Fields(variable)...); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", variable, err)
		}
	}
}

// TestCredentials: systemd's folder is of this service alone, whatever the mode.
func TestCredentials(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "kek")
	if err := os.WriteFile(path, []byte("k1:"+strings.Repeat("A", 43)+"=\n"), 0o440); err != nil {
		t.Fatal(err)
	}
	c := &config{KEKFile: path}
	if _, err := c.kek(); err == nil {
		t.Error("others may read it")
	}
	t.Setenv("CREDENTIALS_DIRECTORY", folder)
	if kek, err := c.kek(); err != nil || kek.ID() != "k1" {
		t.Error(err)
	}
}

// TestHoldsSecret: a file without secrets may be read by everybody.
func TestHoldsSecret(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "kek: k1:x\n": true, "smtp: {host: a, password: x}\n": true,
	} {
		c, err := parsed(t, text)
		if err != nil || c.holdsSecret(nil) != want {
			t.Errorf("%q: %v", text, err)
		}
	}
	environ := []string{"VHOD_SMTP_PASSWORD=x"}
	if c, err := parsed(t, "", environ...); err != nil || c.holdsSecret(environ) {
		t.Error("of the environment")
	}
}
