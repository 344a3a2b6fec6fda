package rt

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

type customField struct {
	Name   string
	Values []string
}

type customFields []customField

func (c customFields) get(name string) string {
	for _, f := range c {
		if f.Name == name && len(f.Values) > 0 {
			return f.Values[0]
		}
	}
	return ""
}

type principal struct {
	ID           string
	RealName     string
	EmailAddress string
}

type ticketBody struct {
	ID           any
	Status       string
	Creator      principal
	CustomFields customFields
}

func (d *Desk) ticketOf(b ticketBody) desk.Ticket {
	s, ok := d.o.Statuses[b.Status]
	if !ok {
		s = desk.Open
	}
	return desk.Ticket{ID: text(b.ID), Ref: b.CustomFields.get(fieldRef), Status: s, Native: b.Status}
}

const deleted = "deleted"

// Ticket implements desk.Desk. RT itself answers for the ticket into which one
// was merged.
func (d *Desk) Ticket(ctx context.Context, id string) (desk.Ticket, error) {
	var b ticketBody
	if err := d.get(ctx, "/ticket/"+url.PathEscape(id), nil, &b); err != nil {
		return desk.Ticket{}, err
	}
	if b.Status == deleted {
		return desk.Ticket{}, fault.New(fault.Gone, "The ticket was deleted.")
	}
	t := d.ticketOf(b)
	if t.Ref == "" && b.Creator.ID == d.o.Account {
		ref, err := d.refInText(ctx, t.ID)
		if err != nil {
			return t, err
		}
		t.Ref = ref
	}
	return t, nil
}

// ticketPage bounds the tickets one search returns; far more than ever carry
// one reference, or lost their field.
const ticketPage = "50"

func (d *Desk) search(ctx context.Context, where string) ([]ticketBody, error) {
	var page struct{ Items []ticketBody }
	q := url.Values{"query": {"Queue=" + quoted(d.o.Queue) + " AND Creator=" + quoted(d.o.Account) + " AND " + where},
		"orderby": {"id"}, "fields": {"Status,CustomFields,Creator"}, "per_page": {ticketPage}}
	err := d.get(ctx, "/tickets", q, &page)
	return page.Items, err
}

// Find implements desk.Desk. Only tickets of the connector's account count: an
// agent's copy of a ticket is his own. A ticket whose field was lost in a crash
// is found by the marker in its text, and gets its field.
func (d *Desk) Find(ctx context.Context, ref string) ([]desk.Ticket, error) {
	items, err := d.search(ctx, "CF.{"+fieldRef+"}="+quoted(ref))
	if err != nil {
		return nil, err
	}
	bare, err := d.search(ctx, "CF.{"+fieldRef+"} IS NULL")
	if err != nil {
		return nil, err
	}
	for _, b := range bare {
		if has, err := d.repair(ctx, b, ref); err != nil {
			return nil, err
		} else if has {
			items = append(items, b)
		}
	}
	var found []desk.Ticket
	for _, b := range items {
		if b.Status != deleted {
			t := d.ticketOf(b)
			t.Ref = ref
			found = append(found, t)
		}
	}
	sortByID(found)
	return found, nil
}

// repair gives a ticket without a reference the one in its text, and tells
// whether that is the one looked for.
func (d *Desk) repair(ctx context.Context, b ticketBody, ref string) (bool, error) {
	in, err := d.refInText(ctx, text(b.ID))
	if err != nil || in == "" {
		return false, err
	}
	_, err = d.call(ctx, http.MethodPut, "/ticket/"+text(b.ID), nil, map[string]any{"CustomFields": map[string]string{fieldRef: in}}, nil)
	return in == ref, err
}

// refInText reads the marker of the text a ticket was created with.
func (d *Desk) refInText(ctx context.Context, ticket string) (string, error) {
	list, err := d.transactions(ctx, "ObjectId="+quoted(ticket)+" AND Type='Create'", 1)
	if err != nil || len(list) == 0 {
		return "", err
	}
	parts, err := d.parts(ctx, list[0].id())
	if err != nil {
		return "", err
	}
	body, _ := split(parts)
	return markerIn(body.Content), nil
}

// markerIn returns what the last marker of a text carries.
func markerIn(s string) string {
	const open = "[ref:"
	i := strings.LastIndex(s, open)
	if i < 0 {
		return ""
	}
	in, _, ok := strings.Cut(s[i+len(open):], "]")
	if !ok {
		return ""
	}
	return in
}

type attachmentBody struct {
	FileName    string
	FileType    string
	FileContent string // base64
}

func enclose(list []desk.Attachment) []attachmentBody {
	out := make([]attachmentBody, 0, len(list))
	for _, a := range list {
		out = append(out, attachmentBody{a.Name, a.Type, base64.StdEncoding.EncodeToString(a.Data)})
	}
	return out
}

// Create implements desk.Desk. It names no requestor, so RT mails nobody.
func (d *Desk) Create(ctx context.Context, t desk.NewTicket) (desk.Ticket, error) {
	body := map[string]any{
		"Queue": d.o.Queue, "Subject": t.Subject(), "Content": t.Body(), "ContentType": "text/html",
		"CustomFields": map[string]string{fieldRef: t.Ref, fieldURL: t.URL},
	}
	if t.URL != "" {
		body["RefersTo"] = t.URL
	}
	if len(t.Opening.Attachments) > 0 {
		body["Attachments"] = enclose(t.Opening.Attachments)
	}
	var made struct{ ID any }
	if _, err := d.call(ctx, http.MethodPost, "/ticket", nil, body, &made); err != nil {
		return desk.Ticket{}, err
	}
	if text(made.ID) == "" {
		return desk.Ticket{}, fault.New(fault.Unavailable, "Request Tracker does not say which ticket it made.")
	}
	return desk.Ticket{ID: text(made.ID), Ref: t.Ref, Status: desk.Open, Native: "new"}, nil
}

// Merge implements desk.Desk. RT answers 200 to a refusal too, so the outcome
// is read back.
func (d *Desk) Merge(ctx context.Context, into, from string) error {
	_, err := d.call(ctx, http.MethodPut, "/ticket/"+url.PathEscape(from), nil, map[string]string{"MergeInto": into}, nil)
	if err != nil {
		return err
	}
	t, err := d.Ticket(ctx, from)
	if err == nil && t.ID != into {
		return fault.New(fault.Invalid, "Request Tracker did not merge ticket %s into %s.", from, into)
	}
	return err
}

// SetStatus implements desk.Desk. An invalid status is answered 200, with the
// refusal as text: the ticket is read back. Some lifecycles lead to a status
// only by way of open.
func (d *Desk) SetStatus(ctx context.Context, ticket string, s desk.Status) error {
	native, ok := d.o.Set[s]
	if !ok {
		return fault.Field("status", "Request Tracker is not told of the status “%s”.", s)
	}
	t, err := d.Ticket(ctx, ticket)
	if err != nil || t.Status == s {
		return err
	}
	for _, way := range [][]string{{native}, {d.o.Set[desk.Open], native}} {
		for _, step := range way {
			if _, err = d.call(ctx, http.MethodPut, "/ticket/"+url.PathEscape(t.ID), nil, map[string]string{"Status": step}, nil); err != nil {
				return err
			}
		}
		if t, err = d.Ticket(ctx, t.ID); err != nil || t.Status == s {
			return err
		}
	}
	return fault.New(fault.Invalid, "Request Tracker does not take the status “%s” from “%s”.", native, t.Native)
}
