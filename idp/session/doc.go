// Package session keeps browsers: the cookie of a signed-in session and the
// cookie that binds sign-ins in progress to the browser that began them.
//
// It owns the cookies and their meaning. It never decides who is signed in:
// flow records sessions, store holds them.
package session
