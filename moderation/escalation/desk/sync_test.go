package desk_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"selfie/internal/scene"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
)

const caseID = "0123456789abcdef"

// world has a deadline that no call reaches, however busy the machine is.
func world(t *testing.T, caps desk.Capabilities) *desktest.World {
	t.Helper()
	return worldWithin(t, caps, time.Minute)
}

func worldWithin(t *testing.T, caps desk.Capabilities, deadline time.Duration) *desktest.World {
	t.Helper()
	clock := desktest.NewClock(time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC))
	f := desktest.NewFake(caps, clock.Now)
	return desktest.NewWorld(t, scene.SQLite(t), f, f.Agent(), clock, deadline)
}

func TestRoundTripWithNothingWrong(t *testing.T) {
	desktest.RoundTrip(world(t, desktest.Everything()), caseID, func(*desktest.Faulty) {})
}

// step is a call of the round trip, with what must go wrong before for it to
// be made at all.
type step struct {
	method string
	n      int
	before map[string]desktest.Fault // of the first call of that method
}

var steps = []step{
	{"Create", 1, nil},
	{"Append", 1, nil},
	{"Append", 2, nil},
	{"Append", 4, nil},
	{"SetStatus", 1, nil},
	{"Ticket", 1, nil},
	{"Ticket", 2, nil},
	{"Changes", 1, nil},
	{"Changes", 4, nil},
	{"Read", 1, nil},
	{"Read", 2, nil},
	{"Find", 1, nil}, // by the sweep
	{"Find", 1, map[string]desktest.Fault{"Create": desktest.LostResponse}},
	{"Find", 2, map[string]desktest.Fault{"Create": desktest.LostRequest}},
	{"Create", 2, map[string]desktest.Fault{"Create": desktest.LostRequest}},
	{"FindPost", 1, map[string]desktest.Fault{"Append": desktest.LostResponse}},
	{"FindPost", 2, map[string]desktest.Fault{"Append": desktest.LostRequest}},
	{"Append", 2, map[string]desktest.Fault{"Append": desktest.LostRequest}},
	{"Merge", 1, map[string]desktest.Fault{"Create": desktest.Twice}},
}

func (s step) name(x desktest.Fault) string {
	return fmt.Sprintf("%s, call %d of %s after %v", x, s.n, s.method, s.before)
}

func (s step) spoil(x desktest.Fault) func(*desktest.Faulty) {
	return func(f *desktest.Faulty) {
		for method, y := range s.before {
			f.Spoil(method, 1, y)
		}
		f.Spoil(s.method, s.n, x)
	}
}

func TestEveryStepSurvivesEveryFault(t *testing.T) {
	for _, s := range steps {
		faults := desktest.OfReads
		if slices.Contains([]string{"Create", "Append", "SetStatus", "Merge"}, s.method) {
			faults = desktest.OfWrites
		}
		for _, x := range faults {
			if s.method == "Append" && x == desktest.Twice {
				continue // the stated limit: nothing merges a post that something on the way repeats
			}
			t.Run(s.name(x), func(t *testing.T) {
				t.Parallel()
				deadline := time.Minute
				if x == desktest.Hang || x == desktest.HangAfter {
					deadline = 20 * time.Millisecond // waited out in real time
				}
				desktest.RoundTrip(worldWithin(t, desktest.Everything(), deadline), caseID, s.spoil(x))
			})
		}
	}
}
