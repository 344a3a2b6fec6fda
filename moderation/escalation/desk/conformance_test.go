package desk_test

import (
	"testing"
	"time"

	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/desktest"
)

func TestFakeKeepsTheContract(t *testing.T) {
	for name, caps := range map[string]desk.Capabilities{
		"everything": desktest.Everything(),
		"nothing":    {StatusNames: map[desk.Status]string{desk.Open: "open", desk.Solved: "closed"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := desktest.NewFake(caps, time.Now)
			desktest.Run(t, f, f.Agent())
			desktest.Run(t, desktest.NewFaulty(f), f.Agent())
		})
	}
}
