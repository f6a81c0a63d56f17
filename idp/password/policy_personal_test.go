package password

import (
	"slices"
	"testing"

	"vhod/idp"
)

func TestWords(t *testing.T) {
	t.Parallel()
	p := idp.Profile{
		Surname: "Пробова-Тестова", Name: "Алёна", BirthDate: "1990-02-07", Phone: "+79990001122", Email: "alyona.probova@example.ru", SNILS: "11223344595", INN: "500100732259",
	}
	for _, password := range []string{
		"Моя-Пробова-77", "Люблю-тестова-7", "Кот-алена-77-Я", "Кот.АЛЁНА.77-Я", "Тел.999-000-11-22", "Тел.+7(999)000-11-22", "Тел-8-999-0001122", "Дом-000-11-22-Б", "Мой-Год-1990-х",
		"Роды-07.02.1990", "Роды-7.2.1990", "Роды-070290-х", "Роды-900207-х", "Роды-19900207", "Роды-02/07/1990", "My-Alyona-Cat-7", "Xy-probova-77-Z", "Мой-112-233-445-95", "Мой-500100732259",
	} {
		if got := (Policy{}).Check(password, Words(&p)...); !slices.Contains(got, Personal) {
			t.Errorf("%q: %v, want personal", password, got)
		}
	}
	for _, password := range []string{"Зелёный-Слон-73", "example.ru-Кот7", "Пробка-Тест-88", "Кот-2290-Дом-х"} {
		if got := (Policy{}).Check(password, Words(&p)...); len(got) > 0 {
			t.Errorf("%q: %v", password, got)
		}
	}
	if got := (Policy{}).Check("Зелёный-Слон-73", Words(&idp.Profile{BirthDate: "x"})...); len(got) > 0 {
		t.Errorf("without data: %v", got)
	}
}
