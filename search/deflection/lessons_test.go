package deflection_test

import (
	"slices"
	"testing"

	"selfie/internal/scene"
	. "selfie/search/deflection"
)

// TestSolutions: what solved a problem is listed, over an index, until it is
// taken back or forgotten.
func TestSolutions(t *testing.T) {
	e, _ := scene.Explained(t)
	x := tell(t, e)
	listed := func(want ...string) {
		t.Helper()
		var got []string
		x.OK(x.svc.Solutions(x.Ctx, 5, func(query, thread string) { got = append(got, query+" "+thread) }))
		if !slices.Equal(got, want) {
			t.Fatalf("listed %q, want %q", got, want)
		}
	}
	x.looks().opens()
	listed()
	x.yes()
	listed("router blinks red " + x.Thread.ID)
	x.no()
	listed()
	x.yes()
	x.OK(x.svc.Solutions(x.Ctx, 0, func(string, string) { t.Error("more than asked for") }))
	x.wait(VisitorLife).wait(TextLife)
	listed()
}
