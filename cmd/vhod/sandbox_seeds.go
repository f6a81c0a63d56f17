package main

import "vhod/idp"

// seeds are the people of a new sandbox: one for each situation worth testing.
func seeds() []draft {
	return []draft{
		{
			number: 1, level: idp.LevelSimplified, surname: "Тестов", name: "Иван", patronymic: "Первый", phone: true, secondFactor: true,
			note: texts("упрощённая, по телефону; второй фактор — SMS", "simplified, by phone; second factor: SMS"),
		},
		{
			number: 2, level: idp.LevelSimplified, surname: "Тестова", name: "Анна", patronymic: "Вторая", female: true, email: true,
			note: texts("упрощённая, только электронная почта, без телефона", "simplified, e-mail alone, no phone"),
		},
		{
			number: 3, level: idp.LevelSimplified, surname: "Тестов", name: "Пётр", patronymic: "Третий", phone: true,
			note: texts("упрощённая, по телефону; без второго фактора", "simplified, by phone; no second factor"),
		},
		{
			number: 4, level: idp.LevelStandard, surname: "Тестова", name: "Мария", patronymic: "Четвёртая", female: true, phone: true, email: true, secondFactor: true,
			note: texts("стандартная; телефон и почта; второй фактор — SMS", "standard; phone and e-mail; second factor: SMS"),
		},
		{
			number: 5, level: idp.LevelConfirmed, surname: "Тестов", name: "Олег", patronymic: "Пятый", phone: true, email: true, secondFactor: true,
			note: texts("подтверждённая; все данные; второй фактор — SMS", "confirmed; all data; second factor: SMS"),
		},
		{
			number: 6, level: idp.LevelConfirmed, status: idp.StatusBlocked, surname: "Тестов", name: "Борис", patronymic: "Шестой", phone: true, email: true, secondFactor: true,
			note: texts("подтверждённая, заблокирована: войти нельзя", "confirmed, blocked: cannot sign in"),
		},
		{
			number: 7, level: idp.LevelConfirmed, surname: "Тестова", name: "Вера", patronymic: "Седьмая", female: true, email: true,
			note: texts("подтверждённая, нет телефона: второй фактор невозможен", "confirmed, no phone: no second factor is possible"),
		},
		{
			number: 8, level: idp.LevelConfirmed, surname: "Тестов", name: "Глеб", patronymic: "Восьмой", phone: true, secondFactor: true, sessions: 7,
			note: texts("подтверждённая; семь открытых сеансов при запуске", "confirmed; seven open sessions at the start"),
		},
		{
			number: 9, level: idp.LevelSimplified, surname: "Testova", name: "Mary-Ann", patronymic: "O'Ninth", female: true, lang: "en", phone: true, email: true,
			note: texts("упрощённая; имя латиницей, сообщения по-английски", "simplified; a name in Latin letters, messages in English"),
		},
		{
			number: 10, level: idp.LevelConfirmed, surname: "Тестова-Длиннофамильская", name: "Екатерина-Александра", patronymic: "Десятая-Проверочная", female: true,
			phone: true, email: true, secondFactor: true,
			note: texts("подтверждённая; очень длинное имя", "confirmed; a very long name"),
		},
		{
			number: 11, level: idp.LevelStandard, surname: "Тестов", name: "Ян", phone: true, secondFactor: true, noINN: true,
			note: texts("стандартная; нет отчества, ИНН и почты", "standard; no patronymic, no INN, no e-mail"),
		},
		{
			number: 12, level: idp.LevelStandard, surname: "Тестов", name: "Тимур", patronymic: "Двенадцатый", citizenship: "KAZ", phone: true, email: true, secondFactor: true,
			note: texts("стандартная; гражданство Казахстана", "standard; a citizen of Kazakhstan"),
		},
		{
			number: 13, level: idp.LevelConfirmed, birthDate: "2006-11-30", surname: "Тестова", name: "Юлия", patronymic: "Тринадцатая", female: true, phone: true, email: true, secondFactor: true,
			note: texts("подтверждённая; недавно исполнилось двадцать", "confirmed; has just turned twenty"),
		},
	}
}
