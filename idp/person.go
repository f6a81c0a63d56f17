package idp

import "time"

// Profile is the personal data of an account: sealed at rest, shown to the
// owner, told to services only by consent.
type Profile struct {
	Surname    string `json:"surname,omitempty"`
	Name       string `json:"name,omitempty"`
	Patronymic string `json:"patronymic,omitempty"`
	// BirthDate is ISO 8601, "1990-12-31".
	BirthDate   string `json:"birth_date,omitempty"`
	Gender      string `json:"gender,omitempty"` // "male", "female"
	Birthplace  string `json:"birthplace,omitempty"`
	Citizenship string `json:"citizenship,omitempty"` // ISO 3166-1 alpha-3
	Address     string `json:"address,omitempty"`
	// Phone is E.164; Email is as its owner typed it.
	Phone           string    `json:"phone,omitempty"`
	PhoneVerifiedAt time.Time `json:"phone_verified_at,omitzero"`
	Email           string    `json:"email,omitempty"`
	EmailVerifiedAt time.Time `json:"email_verified_at,omitzero"`
	SNILS           string    `json:"snils,omitempty"` // 11 digits
	INN             string    `json:"inn,omitempty"`   // 12 digits
	UpdatedAt       time.Time `json:"updated_at,omitzero"`
}

// FullName is surname, name and patronymic as one line.
func (p Profile) FullName() string {
	full := p.Surname
	for _, part := range []string{p.Name, p.Patronymic} {
		if part == "" {
			continue
		}
		if full != "" {
			full += " "
		}
		full += part
	}
	return full
}

// GivenName is how a page greets: name and patronymic, or what there is.
func (p Profile) GivenName() string {
	return Profile{Name: p.Name, Patronymic: p.Patronymic}.FullName()
}

// Person is an account with its personal data opened.
type Person struct {
	Account
	Profile
}

// DocumentType names a kind of identity document.
type DocumentType string

// The kinds of document.
const (
	DocumentPassport        DocumentType = "passport"
	DocumentForeignPassport DocumentType = "foreign_passport"
	DocumentBirth           DocumentType = "birth_certificate"
	DocumentDriving         DocumentType = "driving_licence"
	DocumentMedical         DocumentType = "medical_policy"
	DocumentMilitary        DocumentType = "military_id"
)

// Document is one typed record of a person's documents. Records are never
// changed: a newer one replaces, the older stay as history.
type Document struct {
	ID         [16]byte
	Type       DocumentType
	Fields     map[string]string // sealed at rest
	Source     string            // "owner", "register", "operator", "bank"
	CreatedAt  time.Time
	ReplacedAt time.Time // zero while current
}
