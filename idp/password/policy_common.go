package password

import "strings"

// common are words on which known passwords are built; compiled for this project.
var common = func() map[string]bool {
	words := `password passw0rd p@ssw0rd p@ssword pa$$word пароль парольпароль gfhjkm qwerty qwertyuiop йцукен йцукенг asdfgh zxcvbn qazwsx qazwsxedc 1q2w3e 1q2w3e4r 1q2w3e4r5t
		admin administrator админ root toor letmein welcome добропожаловать login user guest test testtest monkey dragon football futbol hockey baseball spartak спартак zenit зенит
		iloveyou ilovegod любовь люблю ятебялюблю lubov master superman batman starwars princess принцесса sunshine солнышко shadow killer trustno1 whatever freedom россия russia rossiya
		moscow moskva москва leningrad piter питер ukraine samsung nokia iphone android google yandex яндекс mailru gosuslugi госуслуги esia parol privet привет hello hello123 zdravstvuyte
		marina марина natasha наташа olga ольга elena елена sergey сергей andrey андрей alexander александр dmitry дмитрий maxim максим ivan иван nikita никита kirill кирилл
		svetlana светлана tatiana татьяна anastasia анастасия ekaterina екатерина victoria виктория vladimir владимир mikhail михаил azerty abc123 changeme secret секрет default temp
		summer winter spring autumn лето зима весна осень january february march april june july august september october november december`
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}()

// isCommon tells a known word, alone, doubled, or decorated with digits and
// signs at its ends.
func isCommon(folded string) bool {
	core := strings.TrimFunc(folded, func(r rune) bool { return !isLetter(r) && r != '$' && r != '@' })
	core = strings.TrimFunc(core, func(r rune) bool { return r == '$' || r == '@' })
	for _, form := range []string{folded, core, strings.Map(onlyWord, core)} {
		if common[form] || len(form)%2 == 0 && form != "" && form[:len(form)/2] == form[len(form)/2:] && common[form[:len(form)/2]] {
			return true
		}
	}
	return false
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'а' && r <= 'я' || r == 'ё' }

// onlyWord keeps letters, reading digits that stand for letters.
func onlyWord(r rune) rune {
	switch r {
	case '0':
		return 'o'
	case '1':
		return 'i'
	case '3':
		return 'e'
	case '$', '5':
		return 's'
	case '@':
		return 'a'
	}
	if isLetter(r) {
		return r
	}
	return -1
}
