package password

import "testing"

func TestStrength(t *testing.T) {
	t.Parallel()
	for password, want := range map[string]int{
		"": 0, "a": 0, "\xff": 0, "123456789012345": 0, "aaaaaaaaaaaaaaaaaaaaaaaa": 0, "qwertyuiop": 0, "ababababababab": 0, "Password2026!!": 1, "Kz7-лес": 1, "Мой-Тестов-77-Кот-Zx9!": 1,
		"Qz8#mT2!": 1, "Qz8#mT2!pR": 2, "Зелёный-Слон-73": 3, "correct Horse 7 staple": 4, "Qz8#mT2!pR5_vX9%": 4,
	} {
		if got := Strength(password, "Тестов"); got != want {
			t.Errorf("Strength(%q) = %d, want %d (%.1f bits)", password, got, want, bitsOf(password))
		}
	}
}
