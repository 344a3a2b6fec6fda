package rt

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"selfie/internal/fault"
	"selfie/moderation/escalation/desk"
)

type transaction struct {
	ID           any
	Type         string
	Record       string `json:"type"` // always "transaction"; named here lest it be taken for Type
	ObjectID     string `json:"ObjectId"`
	Created      time.Time
	Creator      principal
	CustomFields customFields
}

func (x transaction) id() string { return text(x.ID) }

func (d *Desk) transactions(ctx context.Context, where string, limit int) ([]transaction, error) {
	list, _, err := d.history(ctx, where, "ASC", limit)
	return list, err
}

func (d *Desk) transactionsDesc(ctx context.Context, where string, limit int) ([]transaction, error) {
	list, _, err := d.history(ctx, where, "DESC", limit)
	return list, err
}

// maxPage is the most RT returns at once.
const maxPage = 100

// history searches the queue's transactions; date is RT's own clock.
func (d *Desk) history(ctx context.Context, where, order string, limit int) (list []transaction, date time.Time, err error) {
	var page struct{ Items []transaction }
	q := url.Values{
		"query":   {"ObjectType='RT::Ticket' AND TicketQueue=" + quoted(d.o.Queue) + " AND " + where},
		"orderby": {"id"}, "order": {order}, "per_page": {strconv.Itoa(limit)},
		"fields": {"Type,Creator,ObjectId,Created,CustomFields"}, "fields[Creator]": {"RealName,EmailAddress"},
	}
	header, err := d.call(ctx, "GET", "/transactions", q, nil, &page)
	if err != nil {
		return nil, date, err
	}
	date, err = time.Parse(time.RFC1123, header.Get("Date"))
	if err != nil {
		date = time.Now()
	}
	return page.Items, date, nil
}

// overlap is how long a transaction may be under way: on a server that writes
// side by side, a lower number can appear after a higher one.
const overlap = 2 * time.Minute

// cursor is a place in the order of transaction numbers: everything up to
// floor is settled, and up to read has been handed over.
type cursor struct{ floor, read int64 }

func (c cursor) String() string { return fmt.Sprintf("%d-%d", c.floor, c.read) }

func parseCursor(s string) (c cursor, err error) {
	a, b, _ := strings.Cut(s, "-")
	c.floor, err = strconv.ParseInt(a, 10, 64)
	if err == nil {
		c.read, err = strconv.ParseInt(b, 10, 64)
	}
	if err != nil || c.floor < 0 || c.read < c.floor {
		return c, fault.New(fault.Invalid, "This is no cursor of Request Tracker.")
	}
	return c, nil
}

// Changes implements desk.Desk. A walk begins at the floor, so that what
// appeared behind the last one is met; at its end the floor moves up to what is
// older than the overlap.
func (d *Desk) Changes(ctx context.Context, at string, limit int) (desk.Page, error) {
	if at == "" {
		return d.thisMoment(ctx)
	}
	c, err := parseCursor(at)
	if err != nil {
		return desk.Page{}, err
	}
	limit = max(1, min(limit, maxPage))
	list, date, err := d.history(ctx, fmt.Sprintf("id > %d", c.read), "ASC", limit)
	if err != nil {
		return desk.Page{}, err
	}
	changes, err := d.changesOf(ctx, list)
	if err != nil {
		return desk.Page{}, err
	}
	full := len(list) == limit
	return desk.Page{Changes: changes, Next: c.advance(list, date, full).String(), More: full}, nil
}

// thisMoment is a cursor that meets everything recorded from now on.
func (d *Desk) thisMoment(ctx context.Context) (desk.Page, error) {
	list, err := d.transactionsDesc(ctx, "id > 0", 1)
	if err != nil {
		return desk.Page{}, err
	}
	var c cursor
	if len(list) > 0 {
		c.floor, err = strconv.ParseInt(list[0].id(), 10, 64)
		c.read = c.floor
	}
	return desk.Page{Next: c.String()}, err
}

// advance is the pure rule of the cursor. While pages are full it walks on; at
// the end it starts over at the floor, raised over what is settled.
func (c cursor) advance(page []transaction, now time.Time, full bool) cursor {
	settled := now.Add(-overlap)
	next := c
	held := false
	for _, x := range page {
		n, _ := strconv.ParseInt(x.id(), 10, 64)
		next.read = max(next.read, n)
		if x.Created.After(settled) {
			held = true
		}
		if !held {
			next.floor = max(next.floor, n)
		}
	}
	if !full {
		next.read = next.floor
	}
	return next
}

func (d *Desk) changesOf(ctx context.Context, list []transaction) ([]desk.Change, error) {
	var changes []desk.Change
	for _, x := range list {
		ch := desk.Change{ID: x.id(), Seq: int64(number(x.id())), Ticket: x.ObjectID, Own: x.Creator.ID == d.o.Account, Key: x.CustomFields.get(fieldKey), At: x.Created}
		switch x.Type {
		case "Correspond":
			ch.Kind = desk.Replied
			staff := ch.Own
			if !staff {
				var err error
				if staff, err = d.isStaff(ctx, x.Creator.ID); err != nil {
					return nil, err
				}
			}
			ch.Public = staff
		case "Comment":
			ch.Kind = desk.Replied
		case "Status":
			ch.Kind = desk.StatusChanged
		default:
			continue
		}
		changes = append(changes, ch)
	}
	return changes, nil
}

// part is one MIME part of a transaction. Binary contents of a list are broken:
// they are read one by one.
type part struct {
	ID          any
	ContentType string
	Filename    string
	Content     string
}

func (d *Desk) parts(ctx context.Context, transaction string) ([]part, error) {
	var page struct{ Items []part }
	q := url.Values{"fields": {"ContentType,Filename,Content"}, "per_page": {"100"}}
	err := d.get(ctx, "/transaction/"+url.PathEscape(transaction)+"/attachments", q, &page)
	return page.Items, err
}

// split tells the text from the files; of two forms of the text it prefers HTML.
func split(parts []part) (body part, files []part) {
	for _, p := range parts {
		switch {
		case p.Filename != "" || (!strings.HasPrefix(p.ContentType, "text/") && !strings.HasPrefix(p.ContentType, "multipart/")):
			files = append(files, p)
		case p.ContentType == "text/html" && body.ContentType != "text/html":
			body = p
		case p.ContentType == "text/plain" && body.ContentType == "":
			body = p
		}
	}
	return body, files
}

// Read implements desk.Desk. Files that are larger than an attachment may be
// are left to the ticket.
func (d *Desk) Read(ctx context.Context, c desk.Change) (desk.Entry, error) {
	list, err := d.transactions(ctx, "id="+quoted(c.ID), 1)
	if err != nil {
		return desk.Entry{}, err
	}
	if len(list) == 0 {
		return desk.Entry{}, fault.New(fault.NotFound, "Request Tracker has no such transaction.")
	}
	parts, err := d.parts(ctx, c.ID)
	if err != nil {
		return desk.Entry{}, err
	}
	by := list[0].Creator
	e := desk.Entry{Author: desk.Person{Name: by.RealName, Email: by.EmailAddress}}
	if e.Author.Name == "" {
		e.Author.Name = by.ID
	}
	body, files := split(parts)
	if body.ContentType == "text/html" {
		e.HTML = body.Content
	} else {
		e.Text = body.Content
	}
	for _, f := range files {
		a, err := d.fetch(ctx, f)
		if err != nil {
			return e, err
		}
		e.Attachments = append(e.Attachments, a)
	}
	return e, nil
}

func (d *Desk) fetch(ctx context.Context, f part) (desk.Attachment, error) {
	var b struct{ Content string }
	if err := d.get(ctx, "/attachment/"+url.PathEscape(text(f.ID)), nil, &b); err != nil {
		return desk.Attachment{}, err
	}
	data, err := base64.StdEncoding.DecodeString(strings.Map(dropSpace, b.Content))
	if err != nil {
		return desk.Attachment{}, fault.Wrap(err, fault.Unavailable, "An attachment of Request Tracker cannot be read.")
	}
	return desk.Attachment{Name: f.Filename, Type: f.ContentType, Data: data}, nil
}

func dropSpace(r rune) rune {
	if r == '\n' || r == '\r' || r == ' ' {
		return -1
	}
	return r
}
