package audit_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"vhod/idp/audit"
	"vhod/store"
	"vhod/store/storetest"
)

func (s *site) export(span audit.Span) string {
	s.t.Helper()
	var out bytes.Buffer
	r, err := audit.Export(s.t.Context(), s.db, s.ring.AuditKeys(), s.clock.Now(), span, &out)
	if err != nil || r.Wrong != 0 {
		s.t.Fatalf("%v %v", r, err)
	}
	return out.String()
}

func kindsIn(t *testing.T, text string) []string {
	t.Helper()
	r, err := audit.VerifyFile(strings.NewReader(text), "")
	if err != nil {
		return []string{"error"}
	}
	var kinds []string
	for _, p := range r.Problems {
		kinds = append(kinds, p.Kind)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// An export is checked without the store, and tells of each line that was changed,
// taken out, put in or moved.
func TestExport(t *testing.T) {
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		s, _ := filled(t, db, clock)
		s.write(t.Context(), 3)
		s.sealAll(s.sealer(db)) // a third lane, of which no anchor tells: not in it
		text := s.export(audit.Span{})
		r, err := audit.VerifyFile(strings.NewReader(text), "")
		if err != nil || r.Wrong != 0 || r.Events != 30 || r.Anchors != 6 || r.Seals != 6 || len(r.Keys) != 2 || r.LastHash != s.verify().LastHash {
			t.Fatalf("%+v %v", r, err)
		}
		lines := strings.SplitAfter(strings.TrimSuffix(text, "\n"), "\n")
		if len(lines) != 44 { // head, 6 anchors, 6 seals, 30 events, end
			t.Fatalf("%d lines", len(lines))
		}
		for name, c := range map[string]struct {
			change func(lines []string) []string
			want   []string
		}{
			"data changed":     {func(l []string) []string { return replace(l, 10, `pwd`, `otp`) }, []string{audit.Changed}},
			"event taken out":  {func(l []string) []string { return slices.Delete(l, 10, 11) }, []string{audit.Deleted, audit.Tail}},
			"event doubled":    {func(l []string) []string { return slices.Insert(l, 10, l[10]) }, []string{audit.Added, audit.Tail}},
			"place changed":    {func(l []string) []string { return replace(l, 10, `"sequence":3`, `"sequence":4`) }, []string{audit.Reordered}},
			"seal taken out":   {func(l []string) []string { return slices.Delete(l, 13, 19) }, []string{audit.Seals, audit.Tail}},
			"lane taken out":   {func(l []string) []string { return slices.Delete(l, 7, 25) }, []string{audit.Tail}},
			"tail taken out":   {func(l []string) []string { return slices.Delete(l, 37, 43) }, []string{audit.Tail}},
			"anchor taken out": {func(l []string) []string { return slices.Delete(l, 3, 4) }, []string{audit.Anchors, audit.Tail}},
			"anchors swapped":  {func(l []string) []string { l[3], l[4] = l[4], l[3]; return l }, []string{audit.Anchors}},
			"keys taken out": {func(l []string) []string {
				l[0] = `{"vhod_journal":{"version":1,"exported_at":"2026-01-01T00:00:00Z","keys":{"keys":[]}}}` + "\n"
				return l
			}, []string{audit.Signature}},
			"cut off":     {func(l []string) []string { return l[:43] }, []string{audit.Tail}},
			"a line more": {func(l []string) []string { return append(l, l[43]) }, []string{"error"}},
			"no head":     {func(l []string) []string { return l[1:] }, []string{"error"}},
			"no line":     {func(l []string) []string { return slices.Insert(l, 10, "{}\n") }, []string{"error"}},
			"anchor late": {func(l []string) []string { return slices.Insert(l, 10, l[3]) }, []string{"error"}},
			"nothing":     {func([]string) []string { return nil }, []string{"error"}},
		} {
			if got := kindsIn(t, strings.Join(c.change(slices.Clone(lines)), "")); !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", name, got, c.want)
			}
		}

		// A part of it goes from anchor to anchor, and its beginning cannot be cut.
		began := clock.Now().Add(-6 * time.Minute)
		part := s.export(audit.Span{From: began.Add(2 * time.Minute), To: began.Add(4 * time.Minute)})
		if r, err := audit.VerifyFile(strings.NewReader(part), ""); err != nil || r.Wrong != 0 || r.Events != 15 || r.Anchors != 3 {
			t.Fatalf("%+v %v", r, err)
		}
		lines = strings.SplitAfter(strings.TrimSuffix(part, "\n"), "\n")
		for i := range lines {
			if strings.HasPrefix(lines[i], `{"seal"`) && strings.HasPrefix(lines[i+6], `{"seal"`) && lines[i][:40] == lines[i+6][:40] {
				if got := kindsIn(t, strings.Join(slices.Delete(lines, i, i+6), "")); !slices.Contains(got, audit.Seals) {
					t.Errorf("the beginning was cut: %v", got)
				}
				return
			}
		}
		t.Error("no lane has two seals")
	})
}

func replace(lines []string, i int, from, to string) []string {
	lines[i] = strings.Replace(lines[i], from, to, 1)
	return lines
}

// FuzzVerifyFile: whatever a file holds is an answer or an error.
func FuzzVerifyFile(f *testing.F) {
	const head = `{"vhod_journal":{"version":1,"exported_at":"2026-11-05T12:00:00Z","from":"2026-11-05T12:00:00Z","keys":{"keys":[{"use":"sig","kty":"EC","kid":"k","crv":"P-256","alg":"ES256",` +
		`"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}}}` + "\n"
	f.Add(head + `{"anchor":{"number":1,"signed":"eyJhbGciOiJFUzI1NiJ9.e30.AAAA"}}` + "\n" + `{"end":{"anchors":1,"seals":0,"events":0}}`)
	f.Add(head + `{"seal":{"lane":"00000000000000ff","number":2,"sequence":1,"previous":"AA==","hash":"AA==","entries":"` + strings.Repeat("AAAA", 18) + `AAA="}}` + "\n" +
		`{"event":{"lane":"00000000000000ff","sequence":1,"id":"019a5333-1b00-7000-8000-000000000001","bucket":1,"oid":1000000000,"at":1,"name":"n","client_id":"","actor":"","request_id":"","data":"{}"}}` + "\n" +
		`{"end":{"anchors":0,"seals":1,"events":1}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := audit.VerifyFile(strings.NewReader(text), ""); err == nil && r == nil {
			t.Error("no answer")
		}
	})
}
