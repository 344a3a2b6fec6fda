package rt

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

// maxAnswer bounds what is read of an answer: an attachment in base64.
const maxAnswer = 64 << 20

func (d *Desk) get(ctx context.Context, path string, q url.Values, into any) error {
	_, err := d.call(ctx, http.MethodGet, path, q, nil, into)
	return err
}

// call makes one request and reads its JSON. The kinds of its errors are those
// of the contract.
func (d *Desk) call(ctx context.Context, method, path string, q url.Values, body, into any) (http.Header, error) {
	var payload io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "The post cannot be written as JSON.")
		}
		payload = bytes.NewReader(b)
	}
	address := d.base.String() + "/REST/2.0" + path
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, address, payload)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The address for Request Tracker cannot be formed.")
	}
	req.Header.Set("Authorization", "token "+d.o.Token)
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", "application/json; charset=utf-8")
	}
	resp, err := d.http.Do(req)
	if err != nil {
		return nil, unanswered(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The answer of Request Tracker broke off.")
	}
	if resp.StatusCode/100 != 2 {
		return nil, refusal(resp, answer)
	}
	if into == nil || len(answer) == 0 {
		return resp.Header, nil
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "The answer of Request Tracker cannot be read.")
	}
	return resp.Header, nil
}

// unanswered tells a request that never left from one that may have arrived.
func unanswered(err error) error {
	f := fault.Wrap(withoutAddress(err), fault.Unavailable, "Request Tracker does not answer.")
	var op *net.OpError
	var dns *net.DNSError
	if errors.As(err, &dns) || (errors.As(err, &op) && op.Op == "dial") {
		return fmt.Errorf("%w: %w", f, desk.ErrNotSent)
	}
	return f
}

// withoutAddress drops the query from a failure: it holds what was looked for.
func withoutAddress(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

var kinds = map[int]fault.Kind{
	400: fault.Invalid, 401: fault.Unauthorized, 403: fault.Forbidden, 404: fault.NotFound, 409: fault.Conflict, 410: fault.Gone,
	412: fault.Conflict, 413: fault.TooLarge, 415: fault.Unsupported, 422: fault.Invalid, 429: fault.TooMany,
}

func refusal(resp *http.Response, answer []byte) error {
	kind, ok := kinds[resp.StatusCode]
	if !ok {
		kind = fault.Unavailable
	}
	var said struct{ Message string }
	_ = json.Unmarshal(answer, &said) // some refusals have no body
	f := fault.New(kind, "Request Tracker answers %d.", resp.StatusCode)
	if said.Message != "" {
		f.Err = errors.New(said.Message)
	}
	if sec, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && sec > 0 {
		f.RetryAfter = min(time.Duration(sec)*time.Second, time.Hour)
	}
	return f
}
