package ui

import "net/url"

// addressed are pages that may answer a post to another address than the one
// they are opened by; the links to other languages lead to the latter, and keep
// the flow.
type addressed interface {
	address() (path, parameter, value string)
}

// Address is where the page can be opened again.
func (d data) Address() string {
	page, ok := d.Page.(addressed)
	if !ok {
		return d.Path
	}
	path, parameter, value := page.address()
	if value == "" {
		return d.Path
	}
	return path + "?" + url.Values{parameter: {value}}.Encode()
}

func (p LoginPassword) address() (path, parameter, value string) { return "/login", "flow", p.Flow }
func (p Code) address() (path, parameter, value string)          { return p.Action, "flow", p.Flow }
func (p SelectAccount) address() (path, parameter, value string) {
	return "/login/account", "flow", p.Flow
}
func (p LevelRequired) address() (path, parameter, value string) {
	return "/login/level", "flow", p.Flow
}
func (p RegisterContact) address() (path, parameter, value string) {
	return "/register", "flow", p.Flow
}
func (p RegisterLink) address() (path, parameter, value string) {
	return "/register/link", "token", p.Token
}
func (p RegisterPassword) address() (path, parameter, value string) {
	return "/register/password", "flow", p.Flow
}
func (p RegisterPerson) address() (path, parameter, value string) {
	return "/register/person", "flow", p.Flow
}
func (p Consent) address() (path, parameter, value string) { return "/consent", "flow", p.Flow }
