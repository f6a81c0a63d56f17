package identifier

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseBirthDate(t *testing.T) {
	t.Parallel()
	today := time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"31.12.1990": "1990-12-31", "1990-12-31": "1990-12-31", "1990–12–31": "1990-12-31", "1.2.1990": "1990-02-01", " 01. 02. 1990 ": "1990-02-01", "31/12/1990": "1990-12-31", "3/4/1990": "1990-04-03", "３１.１２.１９９０": "1990-12-31",
		"30.11.2008": "2008-11-30", "30.11.1901": "1901-11-30", "29.02.2008": "2008-02-29",
	} {
		if got, err := ParseBirthDate(text, today, 18); err != nil || got != want {
			t.Errorf("ParseBirthDate(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"01.12.2008": ErrTooYoung, "30.11.2026": ErrTooYoung, "01.12.2026": ErrDateFuture, "01.01.9999": ErrDateFuture, "29.11.1901": ErrTooOld, "01.01.0001": ErrTooOld, "": ErrEmpty, "\xff": ErrText,
		strings.Repeat("1", 400): ErrTooLong, "31.02.1990": ErrNoDay, "29.02.2007": ErrNoDay, "2007-02-29": ErrNoDay, "00.01.1990": ErrNoDay, "01.13.1990": ErrNoDay, "1990-13-01": ErrNoDay, "99.99.1990": ErrNoDay, "-": ErrDateFormat, "1990": ErrDateFormat, "31.12.90": ErrDateFormat,
		"вчера": ErrDateFormat, "12/31/1990": ErrNoDay, "1990/12/31": ErrDateFormat, "31/12/90": ErrDateFormat, "31.12.1990 12:00": ErrDateFormat,
	} {
		if got, err := ParseBirthDate(text, today, 18); !errors.Is(err, want) {
			t.Errorf("ParseBirthDate(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
	// The age changes with the local day, not with the UTC one.
	east := time.Date(2026, 12, 1, 2, 0, 0, 0, time.FixedZone("", 10*3600))
	if _, err := ParseBirthDate("01.12.2008", east, 18); err != nil {
		t.Errorf("on the birthday where the person is: %v", err)
	}
}

func FuzzParseBirthDate(f *testing.F) {
	for _, seed := range []string{"31.12.1990", "1.2.1990", "1990-12-31", "29.02.2008", "٣١.١٢.١٩٩٠"} {
		f.Add(seed)
	}
	today := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, text string) {
		date, err := ParseBirthDate(text, today, 14)
		if err != nil {
			return
		}
		if again, err := ParseBirthDate(date, today, 14); err != nil || again != date {
			t.Errorf("%q is read as %q, then %q, %v", text, date, again, err)
		}
	})
}
