package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"selfie/community"
	"selfie/community/notify"
	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
	"selfie/internal/store/mongo"
	"selfie/internal/store/sqlite"
	"selfie/media"
	"selfie/media/upkeep"
	"selfie/moderation"
	"selfie/moderation/escalation"
	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/rt"
	"selfie/moderation/sentiment"
	"selfie/reputation"
	"selfie/search"
	"selfie/search/deflection"
	"selfie/search/saved"
	"selfie/search/synonyms"
	"selfie/web"
)

// app is the product put together: one store, one blob store, and the parts
// over them. Commands use what they need of it.
type app struct {
	conf     *Config
	log      *slog.Logger
	db       *store.DB
	blobs    media.Store
	sweep    *upkeep.Sweeper
	daily    *upkeep.Daily
	moves    *store.Collection[upkeep.Doubt]
	relay    *outbox.Relay
	tailer   *outbox.Tailer
	people   *community.Service
	inbox    *notify.Service
	pics     *media.Library
	making   *media.Pipeline // of pics
	decoders media.Decoders
	points   *reputation.Service
	judges   *moderation.Service
	cases    *escalation.Service
	visits   *deflection.Service
	saved    *saved.Service
	said     *synonyms.Service
	notes    *search.Notes
	bridge   *web.Bridge   // nil without an external desk
	index    *search.Index // opened by those who search
	leave    func()        // gives up being the one server; nil for others
}

// open puts the product together over the configured store, and prepares the
// store for it.
func open(ctx context.Context, conf *Config) (*app, error) {
	a := &app{conf: conf, log: conf.logger()}
	engine, err := a.engine(ctx)
	if err != nil {
		return nil, err
	}
	a.db = store.Open(engine, nil)
	routes := outbox.NewRoutes()
	a.relay = outbox.NewRelay(a.db, routes, a.log)
	a.tailer = outbox.NewTailer(a.db, a.log, time.Duration(conf.Poll))
	gate := moderation.NewGate(conf.holdRules())
	a.people = community.Open(a.db, a.relay, routes, community.Options{Log: a.log, Screen: gate})
	gate.Bind(a.people)
	a.inbox = notify.Open(a.db, a.relay, a.people, notify.Options{BaseURL: conf.BaseURL, Sender: conf.sender(), Log: a.log})
	a.points = reputation.Open(a.db, a.relay, a.people, reputation.Options{Log: a.log, Preset: func(context.Context) reputation.Preset { return conf.Privileges }})
	a.people.SetPrivileges(a.points)
	a.judges = moderation.Open(a.db, a.relay, routes, a.people, a.inbox, moderation.Options{Levels: levels{a.points}, Gate: gate, Log: a.log})
	a.cases = escalation.Open(a.db, a.relay, routes, a.people, a.inbox, escalation.Options{Tone: sentiment.New(), Company: conf.Company, Log: a.log})
	a.visits = deflection.Open(a.db, a.relay, routes, a.people, a.inbox, a.points, deflection.Options{Log: a.log, Session: time.Duration(conf.VisitLength), Window: time.Duration(conf.VisitWindow)})
	a.said, a.notes = synonyms.Open(a.db), search.OpenNotes(a.db)
	a.saved = saved.Open(a.db, a.relay, a.people, a.inbox)
	if a.blobs, err = a.openBlobs(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	a.keepPictures()
	a.making = a.pipeline()
	a.pics = media.NewLibrary(a.blobs, a.making)
	if a.bridge, err = a.connect(); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	if err := a.start(ctx); err != nil {
		return nil, errors.Join(err, a.db.Close())
	}
	return a, nil
}

// start prepares the store for the parts, and lets each make what it begins with.
func (a *app) start(ctx context.Context) error {
	if err := a.db.Migrate(ctx); err != nil {
		return fmt.Errorf("preparing the store: %w", err)
	}
	if err := a.people.Start(ctx); err != nil {
		return err
	}
	return a.cases.Start(ctx)
}

func (a *app) engine(ctx context.Context) (store.Engine, error) {
	if a.conf.Mongo != "" {
		return mongo.Open(ctx, a.conf.Mongo, a.conf.MongoDatabase)
	}
	if err := os.MkdirAll(a.conf.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	var opts []sqlite.Option
	if a.conf.building {
		opts = append(opts, sqlite.Unsynced())
	}
	return sqlite.Open(a.conf.sqlitePath(), opts...)
}

// connect joins the cases to the external desk that is configured, if any.
func (a *app) connect() (*web.Bridge, error) {
	if a.conf.RTURL == "" {
		return nil, nil
	}
	d, err := rt.New(rt.Options{URL: a.conf.RTURL, Token: a.conf.RTToken, Account: a.conf.RTAccount, Queue: a.conf.RTQueue})
	if err != nil {
		return nil, err
	}
	b := a.cases.Connect(a.relay, a.pics, a.conf.BaseURL, "rt", d, desk.Options{Log: a.log, Poll: time.Duration(a.conf.RTPoll), Quiet: time.Duration(a.conf.RTQuiet)})
	return &web.Bridge{Bridge: b, Secret: a.conf.RTHookSecret}, nil
}

// alone makes this process the one that serves from its data directory, until
// it closes or dies. Commands go on beside it; of MongoDB there may be many
// servers.
func (a *app) alone() (err error) {
	a.leave, err = a.db.Claim("serve")
	switch {
	case errors.Is(err, store.ErrNoClaims):
		return nil
	case errors.Is(err, store.ErrClaimed):
		return fault.Wrap(err, fault.Conflict, "Another Selfie serves from the data directory %s. Stop that one first, or name another directory with --data.", a.conf.Data)
	}
	return err
}

// searching are the parts that search is given.
func (a *app) searching() search.Options {
	return search.Options{Dir: a.conf.indexDir(), Log: a.log, Cases: a.cases, Synonyms: a.said, Clicks: a.visits, Notes: a.notes}
}

// openIndex opens this node's search index and lets it follow the store.
func (a *app) openIndex() (err error) {
	a.index, err = search.Open(a.people, a.searching())
	if err == nil {
		a.index.Follow(a.tailer)
		a.visits.Suggest(a.index)
		a.saved.Use(a.index)
	}
	return err
}

// levels tells moderation how far a member has risen.
type levels struct{ points *reputation.Service }

// Level implements moderation.Levels.
func (l levels) Level(ctx context.Context, member string) (int, error) {
	st, err := l.points.Standing(ctx, member)
	if err != nil {
		return 0, err
	}
	return slices.IndexFunc(l.points.Levels(), func(x reputation.Level) bool { return x.Name == st.Level }), nil
}

// Close releases everything; what was acknowledged is safe without it.
func (a *app) Close() error {
	var err error
	if a.index != nil {
		err = a.index.Close()
	}
	err = errors.Join(err, a.db.Close())
	if a.leave != nil {
		a.leave()
	}
	return err
}

func (c *Config) sender() notify.Sender {
	if c.SMTP == "" {
		return nil
	}
	return notify.SMTP{Addr: c.SMTP, User: c.SMTPUser, Password: c.SMTPPassword, From: c.MailFrom, Plain: c.SMTPPlain}
}

// threadOf reads which thread a changed document belongs to; "" when it
// concerns every page.
func threadOf(c outbox.Change) string {
	if c.Collection == "threads" {
		return c.ID
	}
	var d struct {
		Thread string `json:"thread"`
	}
	_ = json.Unmarshal(c.Raw.JSON, &d) // our own documents; without the field it is ""
	return d.Thread
}
