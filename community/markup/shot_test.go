package markup

import (
	"strings"
	"testing"
)

// What a page must know of a picture passes the policy; what is no size and no
// tiny picture does not.
func TestShotTellsItsSizes(t *testing.T) {
	const blur = "data:image/png;base64,iVBORw0KGgo="
	image := "/images/" + shotID + "/"
	for _, tt := range []struct {
		name string
		p    Picture
		want []string
		not  []string
	}{
		{"nothing is known", Picture{}, []string{`src="` + image + `1600"`, `loading="lazy"`}, []string{"width", "srcset", "sizes", "data-blur"}},
		{"all is known", Picture{1600, 900, []Size{{"320", 320}, {"1600", 1600}}, blur},
			[]string{`width="1600" height="900"`, `srcset="` + image + `320 320w, ` + image + `1600 1600w"`, `sizes="` + shotSizes + `"`, `data-blur="` + blur + `"`}, nil},
		{"a phone's", Picture{738, 1600, []Size{{"320", 147}, {"1600", 738}}, ""}, []string{`width="295" height="640"`, ` 738w"`, `sizes="295px"`}, []string{shotSizes}},
		{"a long one", Picture{80, 1600, nil, ""}, []string{`width="80" height="1600"`}, nil},
		{"a longer one", Picture{400, 1600, nil, ""}, []string{`width="200" height="800"`}, nil},
		{"a square", Picture{1600, 1600, []Size{{"320", 320}, {"1600", 1600}}, ""}, []string{`width="640" height="640"`, `sizes="640px"`}, nil},
		{"one size", Picture{200, 100, []Size{{"320", 200}}, ""}, []string{`width="200"`}, []string{"srcset", "sizes", "data-blur"}},
		{"no tiny picture", Picture{9, 9, nil, `data:image/svg+xml;base64,PHN2Zz4=`}, nil, []string{"data-blur", "svg"}},
		{"a quote", Picture{9, 9, nil, `data:image/png;base64,a" onload="x`}, nil, []string{"data-blur", "onload"}},
		{"no such size", Picture{9, 9, []Size{{"../../x", 1}, {"1600", 9}}, ""}, nil, []string{"srcset", ".."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opt := Options{Image: func(string) (Picture, bool) { return tt.p, true }}
			got := New().Render("![a](/images/"+shotID+")", opt).HTML
			for _, want := range tt.want {
				if !strings.Contains(got, want) {
					t.Errorf("%s\nlacks %s", got, want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(got, not) {
					t.Errorf("%s\nhas %s", got, not)
				}
			}
		})
	}
}
