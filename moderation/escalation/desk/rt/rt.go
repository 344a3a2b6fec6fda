// Package rt is the connector to Request Tracker 5, over its REST 2.0
// interface with a token.
//
// The queue needs three custom fields, which setup.pl makes: ThreadRef and
// ThreadURL on tickets, ExternalPostID on transactions. RT promises no
// uniqueness and knows no idempotency key; it writes a transaction's custom
// field after the transaction, so a crash can leave a post without its key:
// then the marker in the text tells.
//
// Every call pays for the hash of its token, 0.2 to 0.7 s, whatever it asks.
//
// Limits: a ticket that an agent moves to another queue is no longer seen;
// only texts of privileged users count as an agent's; a keyless post is looked
// for among the latest 50 of the connector's account.
package rt

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

// SetupScript prepares an RT server; an operator runs it there, once.
//
//go:embed setup.pl
var SetupScript string

// Options name a queue of an RT server.
type Options struct {
	URL     string // "https://rt.example.org", with the path when RT has one
	Token   string // of the account, as setup.pl prints it
	Account string // its login name, "selfie" when empty; must not be an agent's
	Queue   string // "Community" when empty
	HTTP    *http.Client

	// Statuses maps the names of the queue's lifecycle; one that is not named
	// counts as open. nil means the default lifecycle.
	Statuses map[string]desk.Status
	// Set names the status that is set for each of ours; nil as above.
	Set map[desk.Status]string
}

func (o *Options) fill() {
	if o.Account == "" {
		o.Account = "selfie"
	}
	if o.Queue == "" {
		o.Queue = "Community"
	}
	if o.HTTP == nil {
		o.HTTP = &http.Client{}
	}
	if o.Statuses == nil {
		o.Statuses = map[string]desk.Status{
			"new": desk.Open, "open": desk.Open, "stalled": desk.Waiting, "resolved": desk.Solved, "rejected": desk.Solved,
		}
	}
	if o.Set == nil {
		o.Set = map[desk.Status]string{desk.Open: "open", desk.Waiting: "stalled", desk.Solved: "resolved"}
	}
}

// Desk is one queue of an RT server. It implements desk.Desk.
type Desk struct {
	base *url.URL
	o    Options
	http *http.Client

	mu    sync.Mutex
	staff map[string]known // by login name
}

// known is whether a user is privileged, as RT said it a while ago.
type known struct {
	privileged bool
	until      time.Time
}

// New connects nothing yet; Check does. A bad address or name is Invalid.
func New(o Options) (*Desk, error) {
	o.fill()
	base, err := url.Parse(strings.TrimRight(o.URL, "/"))
	if err != nil || (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fault.Field("url", "The address of Request Tracker must be a whole one, such as https://rt.example.org.")
	}
	if o.Token == "" {
		return nil, fault.Field("token", "Request Tracker needs a token.")
	}
	client := *o.HTTP
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Desk{base: base, o: o, http: &client, staff: map[string]known{}}, nil
}

// Capabilities implements desk.Desk.
func (d *Desk) Capabilities() desk.Capabilities {
	return desk.Capabilities{
		Name: "Request Tracker", HasKeys: true, HasInternalNotes: true, HasAttachments: true, HasMerge: true,
		StatusNames: d.o.Set, MaxBody: 200_000, MaxAttachment: 12 << 20,
	}
}

// Link implements desk.Desk.
func (d *Desk) Link(ticket string) string {
	return d.base.String() + "/Ticket/Display.html?id=" + url.QueryEscape(ticket)
}

// Check implements desk.Desk.
func (d *Desk) Check(ctx context.Context) error {
	var user userBody
	err := d.get(ctx, "/user/"+url.PathEscape(d.o.Account), nil, &user)
	switch {
	case fault.Is(err, fault.Unauthorized):
		return fault.Wrap(err, fault.Unauthorized, "Request Tracker does not accept the token.")
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Forbidden):
		return fault.Wrap(err, fault.Forbidden, "Request Tracker does not show an account “%s” to this token.", d.o.Account)
	case err != nil:
		return err
	}
	// A token reads N-USER-SECRET: what it writes must be told by the account.
	if parts := strings.Split(d.o.Token, "-"); len(parts) == 3 && user.id() != parts[1] {
		return fault.New(fault.Forbidden, "The token is not that of the account “%s”, so our own posts would not be told from an agent's.", d.o.Account)
	}
	var q queueBody
	err = d.get(ctx, "/queue/"+url.PathEscape(d.o.Queue), nil, &q)
	if fault.Is(err, fault.Forbidden) || fault.Is(err, fault.NotFound) {
		return fault.Wrap(err, fault.Forbidden, "There is no queue “%s”, or the account “%s” may not see it.", d.o.Queue, d.o.Account)
	}
	if err != nil {
		return err
	}
	return q.complete()
}

type userBody struct {
	Name       string
	Privileged any
	Links      []struct {
		Ref string
		ID  any
	} `json:"_hyperlinks"`
}

func (u userBody) id() string {
	for _, l := range u.Links {
		if l.Ref == "self" {
			return text(l.ID)
		}
	}
	return ""
}

type named struct{ Name string }

type queueBody struct {
	Name                          string
	TicketCustomFields            []named
	TicketTransactionCustomFields []named
}

func (q queueBody) complete() error {
	for _, want := range []struct {
		in   []named
		name string
	}{{q.TicketCustomFields, fieldRef}, {q.TicketCustomFields, fieldURL}, {q.TicketTransactionCustomFields, fieldKey}} {
		if !slices.Contains(want.in, named{want.name}) {
			return fault.New(fault.Forbidden, "The queue “%s” has no custom field %s that the account may see. The setup script makes it.", q.Name, want.name)
		}
	}
	return nil
}

// The custom fields.
const (
	fieldRef = "ThreadRef"
	fieldURL = "ThreadURL"
	fieldKey = "ExternalPostID"
)

// isStaff asks RT whether a user is privileged; what it does not say is no.
func (d *Desk) isStaff(ctx context.Context, login string) (bool, error) {
	d.mu.Lock()
	k, ok := d.staff[login]
	d.mu.Unlock()
	if ok && time.Now().Before(k.until) {
		return k.privileged, nil
	}
	var u userBody
	err := d.get(ctx, "/user/"+url.PathEscape(login), nil, &u)
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Forbidden) {
		return false, err
	}
	k = known{text(u.Privileged) == "1", time.Now().Add(10 * time.Minute)}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.staff) > 1000 {
		clear(d.staff)
	}
	d.staff[login] = k
	return k.privileged, nil
}

// text reads an id or flag that RT gives as a string or as a number.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case float64:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprint(v)
}

// quoted writes a literal of RT's query language.
func quoted(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
