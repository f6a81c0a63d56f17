package main

import "vhod/idp"

// seeds are the people of a new sandbox: one for each situation worth testing.
func seeds() []draft {
	return []draft{
		{
			number: 1, level: idp.LevelSimplified, surname: "Тестов", name: "Иван", patronymic: "Первый", phone: true, secondFactor: true,
			note: "упрощённая, по телефону; второй фактор — SMS",
		},
		{
			number: 2, level: idp.LevelSimplified, surname: "Тестова", name: "Анна", patronymic: "Вторая", female: true, email: true,
			note: "упрощённая, только электронная почта, без телефона",
		},
		{
			number: 3, level: idp.LevelSimplified, surname: "Тестов", name: "Пётр", patronymic: "Третий", phone: true,
			note: "упрощённая, по телефону; без второго фактора",
		},
		{
			number: 4, level: idp.LevelStandard, surname: "Тестова", name: "Мария", patronymic: "Четвёртая", female: true, phone: true, email: true, secondFactor: true,
			note: "стандартная; телефон и почта; второй фактор — SMS",
		},
		{
			number: 5, level: idp.LevelConfirmed, surname: "Тестов", name: "Олег", patronymic: "Пятый", phone: true, email: true, secondFactor: true,
			note: "подтверждённая; все данные; второй фактор — SMS",
		},
		{
			number: 6, level: idp.LevelConfirmed, status: idp.StatusBlocked, surname: "Тестов", name: "Борис", patronymic: "Шестой", phone: true, email: true, secondFactor: true,
			note: "подтверждённая, заблокирована: войти нельзя",
		},
		{
			number: 7, level: idp.LevelConfirmed, surname: "Тестова", name: "Вера", patronymic: "Седьмая", female: true, email: true,
			note: "подтверждённая, нет телефона: второй фактор невозможен",
		},
		{
			number: 8, level: idp.LevelConfirmed, surname: "Тестов", name: "Глеб", patronymic: "Восьмой", phone: true, secondFactor: true, sessions: 7,
			note: "подтверждённая; семь открытых сеансов при запуске",
		},
		{
			number: 9, level: idp.LevelSimplified, surname: "Testova", name: "Mary-Ann", patronymic: "O'Ninth", female: true, lang: "en", phone: true, email: true,
			note: "упрощённая; имя латиницей, сообщения по-английски",
		},
		{
			number: 10, level: idp.LevelConfirmed, surname: "Тестова-Длиннофамильская", name: "Екатерина-Александра", patronymic: "Десятая-Проверочная", female: true,
			phone: true, email: true, secondFactor: true,
			note: "подтверждённая; очень длинное имя",
		},
		{
			number: 11, level: idp.LevelStandard, surname: "Тестов", name: "Ян", phone: true, secondFactor: true, noINN: true,
			note: "стандартная; нет отчества, ИНН и почты",
		},
		{
			number: 12, level: idp.LevelStandard, surname: "Тестов", name: "Тимур", patronymic: "Двенадцатый", citizenship: "KAZ", phone: true, email: true, secondFactor: true,
			note: "стандартная; гражданство Казахстана",
		},
		{
			number: 13, level: idp.LevelConfirmed, birthDate: "2006-11-30", surname: "Тестова", name: "Юлия", patronymic: "Тринадцатая", female: true, phone: true, email: true, secondFactor: true,
			note: "подтверждённая; недавно исполнилось двадцать",
		},
	}
}
