package rt_test

import (
	"testing"

	"selfie/moderation/escalation/desk/desktest"
	"selfie/moderation/escalation/desk/rt/rttest"
)

func TestRequestTrackerKeepsTheContract(t *testing.T) {
	s := rttest.Start(t)
	desktest.Run(t, s.Desk(), s.Person())
	if t.Failed() {
		t.Log(s.Log())
	}
}
