package password

import "unicode"

// lines are what people run along: alphabets, digits, rows of the keyboard. The
// row of signs is none: R-REG-6 accepts !@#$%^&*() however they stand.
func lines() []string {
	return []string{
		"abcdefghijklmnopqrstuvwxyz", "абвгдежзийклмнопрстуфхцчшщъыьэюя", "0123456789", "1234567890",
		"qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю",
	}
}

// runs tells for each character how long the run is that ends with it, in
// characters: one character repeated, or each next to the one before it on the
// same line, one way. Case does not matter.
func runs(password []rune) []int {
	folded := make([]rune, len(password))
	for i, r := range password {
		folded[i] = unicode.ToLower(r)
	}
	lengths := make([]int, len(password))
	longer(lengths, folded, 0)
	for _, line := range lines() {
		places := map[rune]rune{}
		for i, r := range []rune(line) {
			places[r] = rune(i)
		}
		along := make([]rune, len(folded))
		for i, r := range folded {
			place, on := places[r]
			if !on {
				place = rune(-2 * (i + 1)) // off the line: next to nothing
			}
			along[i] = place
		}
		longer(lengths, along, 1)
		longer(lengths, along, -1)
	}
	return lengths
}

// longer raises lengths to those of the runs in which each is step more than the
// one before.
func longer(lengths []int, runes []rune, step rune) {
	current := 0
	for i, r := range runes {
		if i > 0 && r-runes[i-1] == step {
			current++
		} else {
			current = 1
		}
		lengths[i] = max(lengths[i], current)
	}
}

// longestRun is in characters.
func longestRun(password string) int {
	longest := 0
	for _, length := range runs([]rune(password)) {
		longest = max(longest, length)
	}
	return longest
}
