// Package guard holds what protects people from those who try: tries counted
// before they are made, codes that can be entered three times, budgets of
// messages.
//
// It owns the numbers. It never tells whether an account exists: what is counted
// for the unknown is counted alike.
package guard
