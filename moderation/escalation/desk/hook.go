package desk

import (
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"selfie/internal/fault"
)

// hookAge is how far a hook's time may lie from ours, either way.
const hookAge = 5 * time.Minute

// VerifyHook checks the signature of a Standard Webhooks 1.0 message: id, time
// and body signed with the secret ("whsec_" and base64). What it lets through
// may be a replay within five minutes; that is harmless, since a hook is a
// hint and nothing else.
func VerifyHook(secret string, header http.Header, body []byte, now time.Time) error {
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return fault.Wrap(err, fault.Internal, "The secret of this hook is not valid.")
	}
	if err := w.VerifyIgnoringTimestamp(body, header); err != nil {
		return fault.Wrap(err, fault.Unauthorized, "The signature of this hook is missing or does not match.")
	}
	sec, err := strconv.ParseInt(header.Get(standardwebhooks.HeaderWebhookTimestamp), 10, 64)
	if err != nil {
		return fault.Wrap(err, fault.Unauthorized, "The time of this hook cannot be read.")
	}
	if age := now.Sub(time.Unix(sec, 0)); age > hookAge || age < -hookAge {
		return fault.New(fault.Unauthorized, "The time of this hook is too far from ours.")
	}
	return nil
}
