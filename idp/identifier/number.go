package identifier

import "strings"

// ParseSNILS reads the eleven digits of a СНИЛС, separators optional, and checks
// its last two. Numbers up to 001-001-998 carry no checksum.
func ParseSNILS(text string) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	d, ok := digits(text)
	if !ok || len(d) != 11 || d[:9] == "000000000" {
		return "", ErrSNILS
	}
	if d[:9] > "001001998" && SNILSCheck(d[:9]) != d[9:] {
		return "", ErrSNILS
	}
	return d, nil
}

// SNILSCheck is the two check digits of the first nine.
func SNILSCheck(nine string) string {
	sum := 0
	for i := range 9 {
		sum += int(nine[i]-'0') * (9 - i)
	}
	sum = sum % 101 % 100
	return string([]byte{byte('0' + sum/10), byte('0' + sum%10)})
}

// FormatSNILS shows 123-456-789 12, and anything else as it is.
func FormatSNILS(d string) string {
	if len(d) != 11 {
		return d
	}
	return d[:3] + "-" + d[3:6] + "-" + d[6:9] + " " + d[9:]
}

// ParseINN reads the twelve digits of a person's ИНН and checks the last two.
func ParseINN(text string) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	d, ok := digits(text)
	if !ok || len(d) != 12 || strings.Trim(d, "0") == "" || INNCheck(d[:10]) != d[10:] {
		return "", ErrINN
	}
	return d, nil
}

// ParseEntityINN reads the ten digits of an organisation's ИНН and checks the
// last. It is apart from ParseINN, as no person has such a number.
func ParseEntityINN(text string) (string, error) {
	text, err := clean(text)
	if err != nil {
		return "", err
	}
	d, ok := digits(text)
	if !ok || len(d) != 10 || strings.Trim(d, "0") == "" || weighed(d, innWeights()[1:]) != d[9] {
		return "", ErrINN
	}
	return d, nil
}

// INNCheck is the two check digits of the first ten of a person's ИНН.
func INNCheck(ten string) string {
	weights := innWeights()
	eleventh := weighed(ten, weights)
	twelfth := weighed(ten+string(eleventh), append([]int{3}, weights...))
	return string([]byte{eleventh, twelfth})
}

// innWeights are those of the eleventh digit; an organisation's tenth has all
// but the first, the twelfth one more in front.
func innWeights() []int { return []int{7, 2, 4, 10, 3, 5, 9, 4, 6, 8} }

func weighed(digits string, weights []int) byte {
	sum := 0
	for i, w := range weights {
		sum += int(digits[i]-'0') * w
	}
	return byte('0' + sum%11%10)
}
