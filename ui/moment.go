package ui

import (
	"fmt"
	"strings"
	"time"
)

// moscow is the time in which state services count; it has no summer time.
var moscow = time.FixedZone("MSK", 3*60*60)

var russianMonths = [...]string{
	"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря",
}

// day is a day of the calendar in words, the same on every page.
func day(lang string, on time.Time) string {
	if lang == "ru" {
		return fmt.Sprintf("%d %s %d", on.Day(), russianMonths[on.Month()-1], on.Year())
	}
	return on.Format("2 January 2006")
}

// moment is a day, the time, and where it is that time.
func moment(lang string, at time.Time) string {
	at = at.In(moscow)
	return day(lang, at) + at.Format(", 15:04 (") + zone(lang) + ")"
}

// clock is the time of the day from which something is so: a minute begun is over.
func clock(lang string, at time.Time) string {
	return at.Add(time.Minute-1).In(moscow).Format("15:04 ") + zone(lang)
}

func zone(lang string) string {
	if lang == "ru" {
		return "МСК"
	}
	return "MSK"
}

// whole keeps a number, such as that of a phone, on one line.
func whole(number string) string {
	return strings.NewReplacer(" ", "\u00a0", "-", "\u2011").Replace(number)
}
