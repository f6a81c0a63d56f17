package ui

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// TestPages checks each page in each language: one heading, a title, a label for
// every field, no duplicate id, every link within the page met, nothing inline,
// within the budget of 8 kB.
func TestPages(t *testing.T) {
	t.Parallel()
	u := renderer(t)
	for _, lang := range Languages() {
		for n, p := range pages() {
			t.Run(fmt.Sprintf("%s/%s-%d", lang, p.Template(), n), func(t *testing.T) {
				t.Parallel()
				text := render(t, u, view(lang), p)
				if len(text) > 8<<10 {
					t.Errorf("%d bytes, want at most 8 kB", len(text))
				}
				doc, err := html.Parse(strings.NewReader(text))
				if err != nil {
					t.Fatal(err)
				}
				checkDocument(t, doc, lang)
			})
		}
	}
}

// TestEveryTemplateIsRendered holds the samples against the files.
func TestEveryTemplateIsRendered(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	rendered := map[string]bool{}
	for _, p := range pages() {
		rendered[p.Template()+".html"] = true
	}
	for _, entry := range entries {
		if !rendered[entry.Name()] {
			t.Errorf("no sample renders %s", entry.Name())
		}
	}
}

// document is what the checks need to know of a page.
type document struct {
	headings, titles   int
	ids                map[string]int
	labelled           map[string]bool
	fields, describers []*html.Node
	anchors            []string
}

func walk(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := range n.ChildNodes() {
		walk(c, visit)
	}
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func checkDocument(t *testing.T, root *html.Node, lang string) {
	t.Helper()
	d := document{ids: map[string]int{}, labelled: map[string]bool{}}
	walk(root, func(n *html.Node) {
		if n.Type == html.ElementNode {
			checkInline(t, n)
			d.add(n)
			if got, _ := attr(n, "lang"); n.Data == "html" && got != lang {
				t.Errorf("lang = %q, want %q", got, lang)
			}
		}
	})
	if d.headings != 1 || d.titles != 1 {
		t.Errorf("%d h1 and %d titles, want one of each", d.headings, d.titles)
	}
	for id, n := range d.ids {
		if n > 1 {
			t.Errorf("id %q stands %d times", id, n)
		}
	}
	for _, f := range d.fields {
		id, _ := attr(f, "id")
		if _, named := attr(f, "aria-label"); !named && !d.labelled[id] {
			t.Errorf("field %q has no label", id)
		}
	}
	for _, n := range d.describers {
		described, _ := attr(n, "aria-describedby")
		for _, part := range strings.Fields(described) {
			if d.ids[part] == 0 {
				t.Errorf("<%s> is described by %q, which is not there", n.Data, part)
			}
		}
	}
	for _, anchor := range d.anchors {
		if d.ids[anchor] == 0 {
			t.Errorf("a link leads to #%s, which is not there", anchor)
		}
	}
}

// checkInline refuses what the content security policy would.
func checkInline(t *testing.T, n *html.Node) {
	t.Helper()
	for _, a := range n.Attr {
		if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
			t.Errorf("inline %s on <%s>", a.Key, n.Data)
		}
		if strings.Contains(a.Val, "ZgotmplZ") {
			t.Errorf("%s of <%s> was refused by the template", a.Key, n.Data)
		}
	}
	if slices.Contains([]string{"script", "style"}, n.Data) && n.FirstChild != nil {
		t.Errorf("inline <%s>", n.Data)
	}
}

func (d *document) add(n *html.Node) {
	if id, ok := attr(n, "id"); ok {
		d.ids[id]++
	}
	if _, ok := attr(n, "aria-describedby"); ok {
		d.describers = append(d.describers, n)
	}
	switch n.Data {
	case "h1":
		d.headings++
	case "title":
		if n.FirstChild != nil && n.Parent.Data == "head" {
			d.titles++
		}
	case "label":
		id, _ := attr(n, "for")
		d.labelled[id] = true
	case "a":
		if href, _ := attr(n, "href"); strings.HasPrefix(href, "#") {
			d.anchors = append(d.anchors, strings.TrimPrefix(href, "#"))
		}
	case "input":
		if kind, _ := attr(n, "type"); kind != "hidden" {
			d.fields = append(d.fields, n)
		}
	}
}
