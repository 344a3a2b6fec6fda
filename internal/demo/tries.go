package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"selfie/community"
	"selfie/search/deflection"
)

// sought is what visitors typed, and the thread that is about it.
var sought = []struct{ query, label string }{
	{"red light no internet", "red-light"},
	{"lumen one red after moving", "red-light"},
	{"router light red what to do", "red-light"},
	{"light colours meaning", "light-colours"},
	{"orange light lumen", "light-colours"},
	{"mesh orange upstairs", "mesh-orange"},
	{"wifi slow in the evening", "slow-evening"},
	{"wlan slow at night neighbours", "slow-evening"},
	{"nat type 3", "ps5-nat"},
	{"ps5 cannot join friends", "ps5-nat"},
	{"E-204", "e204"},
	{"device belongs to somebody else", "e204"},
	{"update stops 62%", "update-62"},
	{"firmware update fails E-31", "update-62"},
	{"restarts every 20 minutes", "reboot-loop"},
	{"only 480 of 1000 mbit", "speed-half"},
	{"speed test too low wifi", "speed-half"},
	{"printer offline new router", "print-tv"},
	{"wifi password sticker unreadable", "sticker-gone"},
	{"port forwarding does not work 100.72", "static-ip"},
	{"public ipv4", "static-ip"},
	{"phone keeps far mesh", "iphone-13-drops"},
	{"mesh over cable", "cable-mesh"},
	{"bedtime for children", "kids-schedule"},
	{"lamp wrong password", "lamp-join"},
	{"bridge mode", "own-router"},
	{"lost phone two factor code", "two-factor"},
	{"no ipv6 after update", "ipv6-gone"},
	{"wireguard speed", "vpn-speed"},
	{"guest wifi party", "guest-day"},
	{"solid red light after moving house", "red-light"},
	{"no internet red light new flat", "red-light"},
	{"in which order plug things in", "first-steps"},
	{"plug in order fibre router power", "first-steps"},
	{"wifi password sticker", "sticker-gone"},
	{"colours of the light", "light-colours"},
	{"own router behind lumen one", "own-router"},
	{"cable between wall box and router how long", "cable-length"},
	{"does my connection have public ipv4 address", "static-ip"},
	{"old telephone where to plug", "phone-socket"},
	{"hang mesh on wall", "wall-mount"},
	{"one account two homes", "second-home"},
	{"new router printer tv offline", "print-tv"},
	{"wifi fast morning crawls evening", "slow-evening"},
	{"mesh unit attic orange", "mesh-orange"},
	{"wifi disappears every night", "drops-2am"},
	{"wifi gone at two at night", "drops-2am"},
	{"ps5 nat type 3 friends", "ps5-nat"},
	{"2.4 and 5 ghz same name", "one-name"},
	{"mesh network cable instead of radio", "cable-mesh"},
	{"tablet does not see wifi", "channel-13"},
	{"tablet from abroad wifi", "channel-13"},
	{"doorbell camera door", "ring-camera"},
	{"doorbell camera only works with door open", "ring-camera"},
	{"wpa3 on or off", "wpa3"},
	{"1000 mbit contract speed test 480", "speed-half"},
	{"baby monitor wifi", "baby-monitor"},
	{"baby monitor kills wifi", "baby-monitor"},
	{"internet off for kids at nine but not tv", "kids-schedule"},
	{"smart lamp does not join", "lamp-join"},
	{"slow after dns server by hand", "airport-mode"},
	{"third mesh unit does not pair", "mesh-3rd"},
	{"mesh pair blue then red", "mesh-3rd"},
	{"app e-204 device belongs to somebody else", "e204"},
	{"lost phone cannot sign in code", "two-factor"},
	{"app uses battery", "app-battery"},
	{"app 18 % battery", "app-battery"},
	{"change e-mail address of my account", "change-mail"},
	{"app forgets face id", "face-id"},
	{"face id after update", "face-id"},
	{"bill says 500 app says 250", "bill-vs-app"},
	{"push message router offline at night", "push-offline"},
	{"daughter manage router from another town", "share-access"},
	{"export list of devices", "export-devices"},
	{"app suddenly another language", "app-lang"},
	{"firmware update stops at 62 %", "update-62"},
	{"lumen one restarts every 20 minutes", "reboot-loop"},
	{"restarts since 4.1.1", "reboot-loop"},
	{"go back to 4.0", "downgrade"},
	{"log nf invalid packet", "log-spam"},
	{"log full of invalid packet lines", "log-spam"},
	{"usb disk disappears", "usb-disk"},
	{"usb disk gone after some hours", "usb-disk"},
	{"clock one hour ahead", "clock-wrong"},
	{"router clock one hour ahead bedtimes", "clock-wrong"},
	{"vpn server only 40 mbit", "vpn-speed"},
	{"e-17 time not set power cut", "ntp-fail"},
	{"lumen one hot in cupboard", "heat"},
}

// stubborn are the places in sought of what the answer does not help everyone
// with.
var stubborn = []int{6, 16, 17, 22}

// unknown is what nobody has written about yet.
var unknown = []string{"esim", "remote control does not pair", "lumen tv box black screen", "fax over fibre", "esim", "powerline with mesh",
	"matter thread border router", "esim", "smart meter wifi", "remote control does not pair", "starlink as backup", "fax over fibre"}

// tries is how often visitors' attempts went how, over the last month.
var tries = []struct {
	outcome deflection.Outcome
	times   int
}{
	{deflection.Confirmed, 26}, {deflection.Assumed, 71}, {deflection.Failed, 17}, {deflection.Abandoned, 34},
}

// planTries plans the attempts to find help without asking.
func (b *builder) planTries() {
	n := 0
	for _, kind := range tries {
		for i := range kind.times {
			n++
			at := b.end.Add(-time.Duration(b.rand.Float64() * float64(29*day))).Add(-time.Hour)
			first := b.rand.IntN(len(sought))
			if kind.outcome == deflection.Failed {
				first = stubborn[i%len(stubborn)]
			}
			query, about := b.solvedBefore(at, "", first)
			b.planTry(try{who: fmt.Sprint("visitor ", n), on: surface(i), query: query, about: about, at: at}, kind.outcome)
		}
	}
	for i, q := range unknown {
		at := b.end.Add(-time.Duration(i)*2*day - 3*time.Hour)
		b.planTry(try{who: fmt.Sprint("stranger ", i), on: surface(i), query: q, at: at}, deflection.Abandoned)
	}
	b.planFinds()
	b.planComebacks()
}

// planFinds lets somebody find each of what is sought, at some time since it was
// solved, and say so: what suggested answers are proven by.
func (b *builder) planFinds() {
	for i, s := range sought {
		t := b.told[s.label]
		since := b.end.Sub(t.at.Add(3 * day))
		at := b.end.Add(-time.Hour - time.Duration(b.rand.Float64()*0.95*float64(since)))
		b.planTry(try{who: fmt.Sprint("finder ", i), on: surface(i), query: s.query, about: t, at: at}, deflection.Confirmed)
	}
}

// surface spreads attempts over the places: most look while they ask.
func surface(i int) deflection.Surface {
	switch i % 7 {
	case 2, 5:
		return deflection.OnSearch
	case 6:
		return deflection.OnWidget
	}
	return deflection.OnAsk
}

// try is one attempt of a visitor. about is nil when nothing was shown.
type try struct {
	who, query string
	on         deflection.Surface
	about      *told
	at         time.Time
	by         string // key of the member; "" is a guest
	id         string
}

func (b *builder) planTry(t try, outcome deflection.Outcome) {
	x := &t
	b.plan(x.at, "look for "+x.query, func(ctx context.Context) error { return b.look(ctx, x) })
	if outcome == deflection.Abandoned || outcome == deflection.Ignored {
		return
	}
	b.planStep(x, 20*time.Second, b.Deflection.Opened)
	switch outcome {
	case deflection.Confirmed, deflection.Revoked:
		b.planStep(x, 2*time.Minute, func(ctx context.Context, who string, by community.Actor, id, thread string) (*deflection.Attempt, error) {
			return b.Deflection.Solved(ctx, who, by, id, thread, x.about.best())
		})
	case deflection.Failed:
		if x.by == "" {
			b.planStep(x, 3*time.Minute, b.Deflection.NotYet)
		}
	}
}

type sign = func(ctx context.Context, who string, by community.Actor, id, thread string) (*deflection.Attempt, error)

func (b *builder) planStep(x *try, after time.Duration, do sign) {
	b.plan(x.at.Add(after), "attempt of "+x.who, func(ctx context.Context) error {
		by, err := b.visitor(ctx, x)
		if err == nil {
			_, err = do(ctx, x.who, by, x.id, x.about.id)
		}
		return err
	})
}

func (b *builder) visitor(ctx context.Context, x *try) (community.Actor, error) {
	if x.by == "" {
		return community.Actor{}, nil
	}
	return b.actor(ctx, x.by)
}

// look types the query; what is shown is what it is about, and others beside.
func (b *builder) look(ctx context.Context, x *try) error {
	by, err := b.visitor(ctx, x)
	if err != nil {
		return err
	}
	in := deflection.Typing{Surface: x.on, Query: x.query}
	if x.about != nil {
		in.Shown = append(in.Shown, deflection.Offer{Thread: x.about.id, Answer: x.about.best(), Rank: 1})
		for _, i := range b.rand.Perm(len(b.order)) {
			if t := b.order[i]; len(in.Shown) < 4 && t.id != "" && t != x.about && t.open() {
				in.Shown = append(in.Shown, deflection.Offer{Thread: t.id, Answer: t.best(), Rank: int64(len(in.Shown) + 1)})
			}
		}
	}
	a, err := b.Deflection.Typed(ctx, x.who, by, in)
	if err == nil {
		x.id = a.ID
	}
	return err
}

// best is the answer that a list shows of a thread: the accepted one, or else
// the first; "" while there is none.
func (t *told) best() string {
	for i, a := range t.answers {
		if a.accepted != 0 && t.ids[i] != "" {
			return t.ids[i]
		}
	}
	if len(t.ids) > 0 && !t.answers[0].private {
		return t.ids[0]
	}
	return ""
}

// open reports whether a guest may see the thread.
func (t *told) open() bool { return !t.private && t.space != "beta" && t.by != "wei" }

// planComebacks lets every other of those who asked have looked before: some opened nothing,
// some opened what did not help, some believed for a day that it had.
func (b *builder) planComebacks() {
	outcomes := []deflection.Outcome{deflection.Ignored, deflection.Failed, deflection.Ignored, deflection.Revoked, deflection.Ignored}
	n, even := 0, false
	for _, t := range b.order {
		if even = !even; even || t.label == "angry-bill" {
			continue
		}
		if !t.open() || t.ago > 30*day || t.ago < time.Hour || t.by == "jonas" || t.by == "sofia" {
			continue
		}
		outcome := outcomes[n%len(outcomes)]
		n++
		x := try{who: fmt.Sprint("member ", n), by: t.by, on: deflection.OnAsk, query: strings.ToLower(t.title), at: t.at.Add(-5 * time.Minute)}
		if outcome == deflection.Revoked {
			x.at = t.at.Add(-20 * time.Hour)
		}
		_, x.about = b.solvedBefore(x.at, t.by, n)
		b.planTry(x, outcome)
	}
}

// solvedBefore is the first of what is sought, from the nth on, that stood
// answered at that moment, and that a member had no part in.
func (b *builder) solvedBefore(at time.Time, by string, n int) (query string, t *told) {
	for ; ; n++ {
		s := sought[n%len(sought)]
		if t := b.told[s.label]; t.at.Add(3*day).Before(at) && t.by != by && !t.answeredBy(by) {
			return s.query, t
		}
	}
}

func (t *told) answeredBy(key string) bool {
	return slices.ContainsFunc(t.answers, func(a *answered) bool { return a.by == key })
}
