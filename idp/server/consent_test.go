package server_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/uuid"

	"vhod/idp"
	"vhod/store"
	"vhod/store/storetest"
)

// TestConsentSaysWhatIsLacking: what is asked for and is not in the account is not
// announced as given.
func TestConsentSaysWhatIsLacking(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T, db *store.DB, clock *storetest.Clock) {
		p := bank(t, db, clock)
		p.person("+79990000002", func(n *store.NewPerson) {
			n.Profile.INN = "500100732259"
			n.Documents = []idp.Document{{ID: uuid.New(), Type: idp.DocumentPassport, Fields: map[string]string{"number": "000000"}, Source: "owner"}}
		})
		const lacking = "Пока нет в вашей учётной записи"
		for login, want := range map[string]int{"+79990000001": 7, "+79990000002": 5} {
			b := p.browser()
			b.get(authorizeURL(url.Values{"scope": {"openid profile phone email address snils inn id_doc birthplace citizenship level"}}))
			b.signIn(login).expect(http.StatusOK, "/consent")
			if got := strings.Count(b.body, lacking); got != want {
				t.Errorf("%s: %d are lacking, want %d: %s", login, got, want, b.body)
			}
		}
	})
}
