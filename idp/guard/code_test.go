package guard_test

import (
	"errors"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"vhod/idp/guard"
	"vhod/keys"
	"vhod/store"
)

var whose = [16]byte{1, 2, 3}

func (g *guards) issue(t *testing.T, withLink bool) guard.Issued {
	t.Helper()
	i, w := g.codes.Issue("login", whose, withLink)
	g.write(t, w)
	return i
}

func (g *guards) check(t *testing.T, id uuid.UUID, code string) guard.Outcome {
	t.Helper()
	o, err := g.codes.Check(t.Context(), id, "login", whose, code)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// wrong is a code that is not this one.
func wrong(code string) string {
	if code[0] == '9' {
		return "0" + code[1:]
	}
	return string(code[0]+1) + code[1:]
}

func TestCodeAsPeopleTypeIt(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		for _, write := range []func(string) string{
			func(c string) string { return c },
			func(c string) string { return " " + c[:3] + " " + c[3:] + "\r\n" },
			func(c string) string { return c[:3] + "-" + c[3:] },
			func(c string) string { return c[:3] + "\u00a0" + c[3:] + "\u200b" },
		} {
			i := g.issue(t, false)
			if !regexp.MustCompile(`^[0-9]{6}$`).MatchString(i.Code) || i.Link != "" {
				t.Fatalf("%+v", i)
			}
			if o := g.check(t, i.ID, write(i.Code)); o != (guard.Outcome{Right: true, Left: 2}) {
				t.Errorf("%q: %+v", write("123456"), o)
			}
			if o := g.check(t, i.ID, i.Code); o != (guard.Outcome{Gone: true}) {
				t.Errorf("a second time: %+v", o)
			}
		}
	})
}

func TestWellFormedCodes(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"123456": true, " 123-456\u00a0": true, "12345": false, "1234567": false, "12345a": false, "": false, "１２３４５６": false, strings.Repeat("1", 1000): false,
	} {
		if got := guard.WellFormed(code); got != want {
			t.Errorf("%.20q: %v", code, got)
		}
	}
}

func TestThreeTries(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, false)
		for _, c := range []struct {
			code string
			want guard.Outcome
		}{
			{"", guard.Outcome{Left: 2}},
			{strings.Repeat(i.Code, 1000), guard.Outcome{Left: 1}},
			{wrong(i.Code), guard.Outcome{}},
			{i.Code, guard.Outcome{Gone: true}},
		} {
			if got := g.check(t, i.ID, c.code); got != c.want {
				t.Errorf("%.10q: %+v, want %+v", c.code, got, c.want)
			}
		}
	})
}

func TestCodeOfAnother(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, false)
		for _, c := range []struct {
			name, purpose string
			id            uuid.UUID
			subject       [16]byte
		}{
			{"purpose", "register", i.ID, whose},
			{"subject", "login", i.ID, [16]byte{9}},
			{"id", "login", uuid.New(), whose},
		} {
			o, err := g.codes.Check(t.Context(), c.id, c.purpose, c.subject, i.Code)
			if o != (guard.Outcome{Gone: true}) || err != nil {
				t.Errorf("another %s: %+v, %v", c.name, o, err)
			}
		}
		// Codes of the same digits are no proof of each other.
		if o := g.check(t, i.ID, i.Code); !o.Right || o.Left != 2 {
			t.Errorf("those tries counted: %+v", o)
		}
	})
}

func TestCodeEnds(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, false)
		g.clock.Advance(guard.CodeLife)
		if o := g.check(t, i.ID, i.Code); !o.Gone {
			t.Errorf("after its life: %+v", o)
		}
		i = g.issue(t, false)
		next := g.issue(t, false)
		if o := g.check(t, i.ID, i.Code); !o.Gone {
			t.Errorf("after the next was issued: %+v", o)
		}
		g.clock.Advance(guard.CodeLife - time.Microsecond)
		if o := g.check(t, next.ID, next.Code); !o.Right {
			t.Errorf("at the end of its life: %+v", o)
		}
	})
}

func TestCodeOutlivesTheChangeOfKeys(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, true)
		if _, err := g.ring.Rotate(t.Context(), keys.UseMAC, "", keys.Emergency); err != nil {
			t.Fatal(err)
		}
		if o := g.check(t, i.ID, wrong(i.Code)); o.Right || o.Left != 2 {
			t.Errorf("wrong, after the change: %+v", o)
		}
		if o := g.check(t, i.ID, i.Code); !o.Right {
			t.Errorf("right, after the change: %+v", o)
		}
	})
}

func TestLink(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, true)
		other := strings.Repeat("A", len(i.Link)-len(i.ID.String())-1)
		for _, link := range []string{
			"", ".", "x", i.ID.String(), i.ID.String() + ".", i.ID.String() + "." + other, uuid.NewString() + i.Link[36:], "urn:uuid:" + i.Link,
			i.ID.String() + "." + i.Code, i.Link + strings.Repeat("A", 1000), "{" + i.ID.String() + "}" + i.Link[36:],
		} {
			if _, err := g.codes.SpendLink(t.Context(), "login", link); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%.60q: %v, want ErrNotFound", link, err)
			}
		}
		if _, err := g.codes.SpendLink(t.Context(), "register", i.Link); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("for another purpose: %v", err)
		}
		for range 3 {
			g.check(t, i.ID, wrong(i.Code))
		}
		g.clock.Advance(guard.LinkLife - time.Microsecond)
		if got, err := g.codes.SpendLink(t.Context(), "login", i.Link); got != whose || err != nil {
			t.Errorf("at the end of its life: %v, %v", got, err)
		}
		late := g.issue(t, true)
		g.clock.Advance(guard.LinkLife)
		if _, err := g.codes.SpendLink(t.Context(), "login", late.Link); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after its life: %v", err)
		}
		// Code and link are one: either ends both.
		both := g.issue(t, true)
		if o := g.check(t, both.ID, both.Code); !o.Right {
			t.Fatalf("%+v", o)
		}
		if _, err := g.codes.SpendLink(t.Context(), "login", both.Link); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("after the code: %v", err)
		}
	})
}

func TestCodeWithoutLinkHasNone(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, false)
		if _, err := g.codes.SpendLink(t.Context(), "login", i.ID.String()+"."); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	})
}

func TestRaceForACode(t *testing.T) {
	each(t, func(t *testing.T, g *guards) {
		i := g.issue(t, true)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := 0
		for n := range 32 {
			wg.Go(func() {
				right := false
				if n%2 == 0 {
					o, err := g.codes.Check(t.Context(), i.ID, "login", whose, i.Code)
					if err != nil {
						t.Error(err)
					}
					right = o.Right
				} else {
					_, err := g.codes.SpendLink(t.Context(), "login", i.Link)
					if err != nil && !errors.Is(err, store.ErrNotFound) {
						t.Error(err)
					}
					right = err == nil
				}
				mu.Lock()
				defer mu.Unlock()
				if right {
					won++
				}
			})
		}
		wg.Wait()
		if won != 1 {
			t.Errorf("accepted %d times, want once", won)
		}
	})
}
