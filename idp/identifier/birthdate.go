package identifier

import (
	"errors"
	"strings"
	"time"
)

// maxAge is older than anyone has become, in years.
const maxAge = 125

// ParseBirthDate reads ДД.ММ.ГГГГ (one digit will do for day and month, slashes
// for the dots) or ISO 8601, and gives ISO 8601. The day of today, in its own time zone, decides
// whether the person is minAge years old; ErrTooYoung comes with the date.
// ErrEmpty, ErrTooLong, ErrText, ErrDateFormat, ErrNoDay, ErrDateFuture, ErrTooOld.
func ParseBirthDate(text string, today time.Time, minAge int) (iso string, err error) {
	text, err = clean(text)
	if err != nil {
		return "", err
	}
	text = strings.NewReplacer(" ", "", "/", ".").Replace(ascii(text))
	layout := "2.1.2006"
	if strings.Contains(text, "-") {
		layout = time.DateOnly
	}
	born, err := time.Parse(layout, text)
	var wrong *time.ParseError
	switch {
	case errors.As(err, &wrong) && strings.HasSuffix(wrong.Message, "out of range"):
		return "", ErrNoDay
	case err != nil:
		return "", ErrDateFormat
	}
	day := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	switch {
	case born.After(day):
		return "", ErrDateFuture
	case born.AddDate(maxAge, 0, 0).Before(day):
		return "", ErrTooOld
	case born.AddDate(minAge, 0, 0).After(day):
		return born.Format(time.DateOnly), ErrTooYoung
	}
	return born.Format(time.DateOnly), nil
}
