package oauth

import (
	"slices"
	"time"

	"vhod/idp"
)

// claimNames are what each scope tells (OpenID Connect Core §5.4 and our own).
var claimNames = map[string][]string{
	idp.ScopeProfile:     {"name", "family_name", "given_name", "middle_name", "birthdate", "gender", "locale", "updated_at"},
	idp.ScopeEmail:       {"email", "email_verified"},
	idp.ScopePhone:       {"phone_number", "phone_number_verified"},
	idp.ScopeAddress:     {"address"},
	idp.ScopeSNILS:       {"snils"},
	idp.ScopeINN:         {"inn"},
	idp.ScopeIDDoc:       {"id_doc"},
	idp.ScopeBirthplace:  {"birthplace"},
	idp.ScopeCitizenship: {"citizenship"},
	idp.ScopeLevel:       {"level"},
}

// claimsOf is what scopes tell of a person; what is not known is left out
// (OpenID Connect Core §5.3.2).
func claimsOf(s *idp.Subject, documents []idp.Document, scopes []string) map[string]any {
	claims := map[string]any{}
	for _, scope := range scopes {
		for _, name := range claimNames[scope] {
			if v := claim(s, documents, name); v != nil {
				claims[name] = v
			}
		}
	}
	return claims
}

func claim(s *idp.Subject, documents []idp.Document, name string) any {
	p := &s.Profile
	switch name {
	case "name":
		return text(p.FullName())
	case "family_name":
		return text(p.Surname)
	case "given_name":
		return text(p.Name)
	case "middle_name":
		return text(p.Patronymic)
	case "birthdate":
		return text(p.BirthDate)
	case "gender":
		return text(p.Gender)
	case "locale":
		return text(s.Account.Lang)
	case "updated_at":
		return seconds(p.UpdatedAt)
	case "email":
		return text(p.Email)
	case "email_verified":
		return verified(p.Email, p.EmailVerifiedAt)
	case "phone_number":
		return text(p.Phone)
	case "phone_number_verified":
		return verified(p.Phone, p.PhoneVerifiedAt)
	case "address":
		if p.Address == "" {
			return nil
		}
		return map[string]string{"formatted": p.Address} // §5.1.1
	case "snils":
		return text(p.SNILS)
	case "inn":
		return text(p.INN)
	case "birthplace":
		return text(p.Birthplace)
	case "citizenship":
		return text(p.Citizenship)
	case "level":
		return s.Account.Level.String()
	case "id_doc":
		return passport(documents)
	}
	return nil
}

func passport(documents []idp.Document) any {
	i := slices.IndexFunc(documents, func(d idp.Document) bool { return d.Type == idp.DocumentPassport })
	if i < 0 {
		return nil
	}
	doc := map[string]string{"type": string(documents[i].Type)}
	for name, value := range documents[i].Fields {
		doc[name] = value
	}
	return doc
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func seconds(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.Unix()
}

func verified(contact string, at time.Time) any {
	if contact == "" {
		return nil
	}
	return !at.IsZero()
}
