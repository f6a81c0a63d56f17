package register_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"vhod/idp/register"
)

func TestLookupMX(t *testing.T) {
	t.Parallel()
	lookup := register.LookupMX(&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		client, server := net.Pipe()
		go nameServer(server)
		return client, nil
	}})
	for domain, want := range map[string]error{
		"mail.example": nil, "none.example": register.ErrNoMail, "null.example": register.ErrNoMail, "unknown.example": register.ErrNoMail,
	} {
		if err := lookup(t.Context(), domain); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", domain, err, want)
		}
	}
	if err := lookup(t.Context(), "broken.example"); err == nil || errors.Is(err, register.ErrNoMail) {
		t.Errorf("a name server that fails: %v", err)
	}
}

// nameServer answers as over TCP (RFC 1035 §4.2.2).
func nameServer(c net.Conn) {
	defer c.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		asked := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, asked); err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(asked) != nil || len(m.Questions) != 1 {
			return
		}
		m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
		name := m.Questions[0].Name
		mx := func(host string) []dnsmessage.Resource {
			return []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: name, Type: dnsmessage.TypeMX, Class: dnsmessage.ClassINET, TTL: 60},
				Body:   &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(host)},
			}}
		}
		switch name.String() {
		case "mail.example.":
			m.Answers = mx("mx.mail.example.")
		case "null.example.":
			m.Answers = mx(".")
		case "none.example.": // the name is there, the record is not
		case "broken.example.":
			m.RCode = dnsmessage.RCodeServerFailure
		default:
			m.RCode = dnsmessage.RCodeNameError
		}
		packed, err := m.Pack()
		if err != nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(packed))), packed...)); err != nil {
			return
		}
	}
}
