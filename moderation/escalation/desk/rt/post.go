package rt

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

func sortByID(list []desk.Ticket) {
	slices.SortFunc(list, func(a, b desk.Ticket) int { return number(a.ID) - number(b.ID) })
}

func number(id string) int { n, _ := strconv.Atoi(id); return n }

// Append implements desk.Desk. RT takes posts to deleted tickets, so the ticket
// is read before.
func (d *Desk) Append(ctx context.Context, ticket string, p desk.Post) (string, error) {
	t, err := d.Ticket(ctx, ticket)
	if err != nil {
		return "", desk.NothingSent(err)
	}
	body := map[string]any{"Content": p.Body(), "ContentType": "text/html", "TxnCustomFields": map[string]string{fieldKey: p.Key}}
	if len(p.Attachments) > 0 {
		body["Attachments"] = enclose(p.Attachments)
	}
	verb := "/correspond"
	if p.Internal {
		verb = "/comment"
	}
	header, err := d.call(ctx, http.MethodPost, "/ticket/"+url.PathEscape(t.ID)+verb, nil, body, nil)
	if err != nil {
		return "", err
	}
	location := header.Get("Location")
	id := location[strings.LastIndex(location, "/")+1:]
	if number(id) == 0 {
		return "", fault.New(fault.Unavailable, "Request Tracker does not say which transaction it made.")
	}
	return id, nil
}

// FindPost implements desk.Desk. Keys are unique among all posts, so a post is
// found in a ticket that was merged away as well.
func (d *Desk) FindPost(ctx context.Context, ticket, key string) (string, error) {
	if _, err := d.Ticket(ctx, ticket); err != nil {
		return "", err
	}
	list, err := d.transactions(ctx, "CF.{"+fieldKey+"}="+quoted(key), 1)
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return list[0].id(), nil
	}
	return d.findKeyless(ctx, key)
}

// keylessLooked is how many posts that lost their key are looked through.
const keylessLooked = 50

func (d *Desk) findKeyless(ctx context.Context, key string) (string, error) {
	mine := "Creator=" + quoted(d.o.Account) + " AND (Type='Correspond' OR Type='Comment') AND CF.{" + fieldKey + "} IS NULL"
	list, err := d.transactionsDesc(ctx, mine, keylessLooked)
	if err != nil {
		return "", err
	}
	for _, x := range list {
		parts, err := d.parts(ctx, x.id())
		if err != nil {
			return "", err
		}
		if body, _ := split(parts); markerIn(body.Content) == key {
			return x.id(), nil
		}
	}
	return "", fault.New(fault.NotFound, "Request Tracker has no post with that key.")
}
