package ui

import (
	"net/http"
	"strconv"
	"time"
)

// The pages between the provider and a service.
type (
	// Consent asks what a service may read (/consent).
	Consent struct {
		Flow        string
		Service     string
		Description string
		Person      string
		Scopes      []ConsentScope
		PolicyURL   string
		TermsURL    string
	}

	// ConsentScope is one thing that a service asks for.
	ConsentScope struct {
		Name    string // of the scope
		Reason  string // why, in the service's words
		Granted bool   // allowed before
		Lacking bool   // there is nothing of it in the account yet
	}

	// Finish goes on to a service after a form post: Chromium holds a redirect
	// against form-action, so it is an answer of 200 with a refresh and a link.
	Finish struct {
		URL     string
		Service string
	}

	// FormPost posts the answer to a service (response_mode=form_post).
	FormPost struct {
		Action  string
		Service string
		Fields  []FormField
	}

	// FormField is a hidden field.
	FormField struct{ Name, Value string }

	// Logout asks whether to sign out (/oauth2/logout).
	Logout struct {
		Service string
		Fields  []FormField // what the post repeats of the request
	}

	// LoggedOut tells that the browser is signed out.
	LoggedOut struct {
		// BackURL and Service lead back to the service; may be empty.
		BackURL, Service string
	}

	// Error tells what happened and what to do next. Zero texts are those of the status.
	Error struct {
		Status     int
		Number     string // of the request, for support
		Title      Text
		What       Text
		Next       Text
		RetryAfter time.Duration
		BackURL    string
		BackName   string
	}

	// Help is a help or legal page (/help/…).
	Help struct{ HelpText }
)

// Template implements Page.
func (Consent) Template() string   { return "consent" }
func (Finish) Template() string    { return "finish" }
func (FormPost) Template() string  { return "form_post" }
func (Logout) Template() string    { return "logout" }
func (LoggedOut) Template() string { return "logged_out" }
func (Error) Template() string     { return "error" }
func (Help) Template() string      { return "help" }

// Kind is the status whose texts stand for what the page does not say itself.
func (p Error) Kind() string {
	switch p.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return strconv.Itoa(p.Status)
	}
	if p.Status >= http.StatusInternalServerError {
		return "500"
	}
	return "400"
}
