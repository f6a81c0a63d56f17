package identifier

import (
	"errors"
	"strings"
	"testing"
	"unicode"
)

func TestParsePhone(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"+44 20 7946 0958": "+442079460958", "8(999)123-45-67": "+79991234567", "+7.999.123.45.67": "+79991234567", "8–999–123–45–67": "+79991234567",
		"(495) 123-45-67": "+74951234567", "+375 29 123-45-67": "+375291234567", "\u202a+7 999 123-45-67\u202c": "+79991234567",
	} {
		if got, err := ParsePhone(text); err != nil || got != want {
			t.Errorf("ParsePhone(%q) = %q, %v, want %q", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": ErrEmpty, " ": ErrEmpty, "\xff": ErrText, strings.Repeat("9", 321): ErrTooLong, "123": ErrPhone, "+7999": ErrPhone, "+7 999 123 45 67 доб. 1": ErrPhone,
		"phone": ErrPhone, "+1": ErrPhone, "+0000000000000": ErrPhone, "tel:+79991234567;ext=1": ErrPhone, "8-800-FLOWERS": ErrPhone, "++79991234567": ErrPhone,
		"7+9991234567": ErrPhone, "+8 999 123-45-67": ErrPhone, "()": ErrPhone, "+": ErrPhone,
	} {
		if got, err := ParsePhone(text); !errors.Is(err, want) {
			t.Errorf("ParsePhone(%q) = %q, %v, want %v", text, got, err, want)
		}
	}
}

func TestTakesSMS(t *testing.T) {
	t.Parallel()
	for phone, want := range map[string]bool{
		"+79991234567": true, "+74951234567": false, "+78001234567": false, "+73431234567": false, "+77011234567": true, "+442079460958": false, "+447400123456": true, "+12015550123": true, "+882161234567": false, "+19005551234": false, "+7": false, "": false,
	} {
		if got := TakesSMS(phone); got != want {
			t.Errorf("TakesSMS(%q) = %v", phone, got)
		}
	}
}

func TestFormatPhone(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"+79991234567": "+7 999 123-45-67", "x": "x"} {
		if got := FormatPhone(in); got != want {
			t.Errorf("FormatPhone(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDigitsOfEveryScript(t *testing.T) {
	t.Parallel()
	for _, zero := range []rune{'٠', '۰', '०', '௦', '０', '𝟎', '𞥐'} {
		for i := range rune(10) {
			if got := ascii(string(zero + i)); got != string('0'+i) {
				t.Errorf("ascii(%q) = %q, want %d", zero+i, got, i)
			}
		}
	}
	for _, block := range unicode.Nd.R16 {
		if (block.Hi-block.Lo+1)%10 != 0 || block.Stride != 1 {
			t.Errorf("digits %x to %x are not whole tens", block.Lo, block.Hi)
		}
	}
	for _, block := range unicode.Nd.R32 {
		if (block.Hi-block.Lo+1)%10 != 0 || block.Stride != 1 {
			t.Errorf("digits %x to %x are not whole tens", block.Lo, block.Hi)
		}
	}
}

func FuzzParsePhone(f *testing.F) {
	for _, seed := range []string{"+7 999 123-45-67", "8(999)1234567", "+44 20 7946 0958", "9991234567", "+390612345678", "٧٩٩٩١٢٣٤٥٦٧"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		phone, err := ParsePhone(text)
		if err != nil {
			return
		}
		if again, err := ParsePhone(phone); err != nil || again != phone {
			t.Errorf("%q is read as %q, then %q, %v", text, phone, again, err)
		}
		if again, err := ParsePhone(FormatPhone(phone)); err != nil || again != phone {
			t.Errorf("%q is shown as %q, which is read as %q, %v", phone, FormatPhone(phone), again, err)
		}
	})
}
