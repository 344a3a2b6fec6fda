package desk_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

func TestVerifyHook(t *testing.T) {
	const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	const other = "whsec_AAAA9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	body := []byte(`{"type":"ticket.changed"}`)
	signed := func(at time.Time) http.Header {
		w, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := w.Sign("msg_1", at, body)
		if err != nil {
			t.Fatal(err)
		}
		h := http.Header{}
		h.Set("webhook-id", "msg_1")
		h.Set("webhook-timestamp", strconv.FormatInt(at.Unix(), 10))
		h.Set("webhook-signature", "v1,AAAA "+sig) // one of several, as in a rotation
		return h
	}
	if err := desk.VerifyHook(secret, signed(now), body, now.Add(4*time.Minute)); err != nil {
		t.Fatal(err)
	}
	stamp := signed(now)
	stamp.Set("webhook-timestamp", "soon")
	for name, err := range map[string]error{
		"another body":   desk.VerifyHook(secret, signed(now), append(body, ' '), now),
		"another secret": desk.VerifyHook(other, signed(now), body, now),
		"too old":        desk.VerifyHook(secret, signed(now), body, now.Add(6*time.Minute)),
		"too new":        desk.VerifyHook(secret, signed(now), body, now.Add(-6*time.Minute)),
		"no header":      desk.VerifyHook(secret, http.Header{}, body, now),
		"no time":        desk.VerifyHook(secret, stamp, body, now),
	} {
		if !fault.Is(err, fault.Unauthorized) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := desk.VerifyHook("whsec_*", signed(now), body, now); !fault.Is(err, fault.Internal) {
		t.Errorf("a broken secret: %v", err)
	}
}
