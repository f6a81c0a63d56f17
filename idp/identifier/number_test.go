package identifier

import (
	"errors"
	"testing"
)

func TestParseSNILS(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"112-233-445 95": "11223344595", "11223344595": "11223344595", "112–233–445–95": "11223344595", "087-654-303 00": "08765430300",
		"001-001-998 77": "00100199877", "000-000-001 55": "00000000155", "１１２２３３４４５９５": "11223344595",
	} {
		if got, err := ParseSNILS(text); err != nil || got != want {
			t.Errorf("ParseSNILS(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrEmpty, "112-233-445 96": ErrSNILS, "000-000-000 00": ErrSNILS, "001-001-999 99": ErrSNILS, "112-233-445": ErrSNILS, "112-233-445 955": ErrSNILS, "a": ErrSNILS, "112.233.445.95": ErrSNILS,
	} {
		if _, err := ParseSNILS(text); !errors.Is(err, want) {
			t.Errorf("ParseSNILS(%q): %v, want %v", text, err, want)
		}
	}
}

func TestFormatSNILS(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"11223344595": "112-233-445 95", "1": "1"} {
		if got := FormatSNILS(in); got != want {
			t.Errorf("FormatSNILS(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestParseINN(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"500100732259": nil, "5001 0073 2259": nil, "500100732258": ErrINN, "500100732249": ErrINN, "000000000000": ErrINN, "7707083893": ErrINN, "": ErrEmpty, "5001007322591": ErrINN,
	} {
		if got, err := ParseINN(text); !errors.Is(err, want) || err == nil && got != "500100732259" {
			t.Errorf("ParseINN(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"7707083893": nil, "77 0708 3893": nil, "7707083894": ErrINN, "0000000000": ErrINN, "500100732259": ErrINN, "": ErrEmpty, "77070838": ErrINN,
	} {
		if got, err := ParseEntityINN(text); !errors.Is(err, want) || err == nil && got != "7707083893" {
			t.Errorf("ParseEntityINN(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
}
