package markup

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestDump holds the import against every body of a Stack Exchange dump: the one
// whose folder SELFIE_SE_DUMP names, else a few bodies of our own.
func TestDump(t *testing.T) {
	folder := os.Getenv("SELFIE_SE_DUMP")
	if folder == "" {
		folder = "testdata/dump"
	}
	f, err := os.Open(filepath.Join(folder, "Posts.xml"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, rows, failed := New(), 0, 0
	counts := map[string]int{}
	var total outline
	for d := xml.NewDecoder(f); ; {
		id, body, err := nextBody(d)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows++
		source := FromHTML(body)
		want, got := outlineOf(t, body, true), outlineOf(t, r.Render(source, Options{}).HTML, false)
		total.Links = append(total.Links, want.Links...)
		total.Items = append(total.Items, want.Items...)
		total.Cells = append(total.Cells, want.Cells...)
		total.Code = append(total.Code, want.Code...)
		total.Quotes = append(total.Quotes, want.Quotes...)
		if diff := differences(want, got); diff != nil {
			for _, kind := range diff {
				counts[kind]++
			}
			if failed++; failed <= 10 {
				t.Errorf("post %s: %v\nHTML: %s\nMarkdown: %s\nwant %q\ngot  %q", id, diff, body, source, want, got)
			}
		}
	}
	t.Logf("%d bodies, %d differ %v: %d links and pictures, %d items, %d cells, %d code, %d quotes",
		rows, failed, counts, len(total.Links), len(total.Items), len(total.Cells), len(total.Code), len(total.Quotes))
	if rows == 0 || failed > 0 {
		t.Errorf("%d of %d bodies do not survive", failed, rows)
	}
}

// nextBody reads on to the next row and gives its id and HTML.
func nextBody(d *xml.Decoder) (id, body string, err error) {
	for {
		token, err := d.Token()
		if err != nil {
			return "", "", err
		}
		row, ok := token.(xml.StartElement)
		if !ok || row.Name.Local != "row" {
			continue
		}
		for _, a := range row.Attr {
			switch a.Name.Local {
			case "Id":
				id = a.Value
			case "Body":
				body = a.Value
			}
		}
		return id, body, nil
	}
}
