package demo

import (
	"context"
	"fmt"
	"time"

	"selfie/community"
	"selfie/moderation"
)

// reported is a post that members flagged, and what a moderator decided; who
// is still to decide has no verdict.
type reported struct {
	thread  string
	answer  int // -1 is the question
	flags   []reportedBy
	verdict *moderation.Verdict
	after   time.Duration // since the thread's question
}

type reportedBy struct {
	who    string
	after  time.Duration
	reason moderation.Reason
	note   string
}

var reports = []reported{
	{"best-router", 2, []reportedBy{{"zoe", 4 * time.Hour, moderation.Rude, ""}},
		&moderation.Verdict{Action: moderation.Warn, Reason: "Funny, but it was meant as a question. Please stay friendly with newcomers.", Note: "First time for Dmitri."}, 20 * time.Hour},
	{"best-router", -1, []reportedBy{{"lars", 5 * time.Hour, moderation.OffTopic, ""}, {"hannah", 6 * time.Hour, moderation.OffTopic, ""}, {"amir", 9 * time.Hour, moderation.Other, "This only leads to a quarrel, nobody can answer it."}},
		&moderation.Verdict{Action: moderation.Lock, Reason: "Tastes differ, and this goes in circles. Tell us about your flat and what you do online, and you will get good advice.", Note: "No bad intent on any side."}, 21 * time.Hour},
	{"downgrade", 0, []reportedBy{{"chloe", 2 * day, moderation.Other, "Is it responsible to tell people how to install an unsafe version?"}},
		&moderation.Verdict{Action: moderation.Approve, Note: "He says himself that it has a hole and to go back soon. Fine."}, 2*day + 5*time.Hour},
	{"push-offline", 0, []reportedBy{{"dolores", 3 * day, moderation.NotAnswer, ""}},
		&moderation.Verdict{Action: moderation.Approve, Note: "It is the answer; it was accepted."}, 3*day + 2*time.Hour},
	{"spam-target", 1, []reportedBy{{"ingrid", 24*time.Hour + 10*time.Minute, moderation.Spam, ""}, {"tomas", 24*time.Hour + 25*time.Minute, moderation.Spam, ""}, {"kenji", 24*time.Hour + 40*time.Minute, moderation.Spam, ""}},
		&moderation.Verdict{Action: moderation.Suspend, Days: 30, Reason: "This is advertising, which is not allowed here.", Note: "Nothing but links since joining."}, 27 * time.Hour},
	{"not-answer", 1, []reportedBy{{"kenji", 7 * time.Hour, moderation.NotAnswer, ""}}, nil, 0},
	{"number-shown", 0, []reportedBy{{"grace", 5 * time.Hour, moderation.Personal, "He means well, but that is his line and his telephone number, for everyone to read."}, {"beatriz", 8 * time.Hour, moderation.Personal, ""}}, nil, 0},
	{"rude-one", 1, []reportedBy{{"oleg", 6 * time.Hour, moderation.Rude, ""}, {"aoife", 7 * time.Hour, moderation.Rude, ""}}, nil, 0},
}

// duplicates lead to what was asked before.
var duplicates = []struct {
	thread, of string
	after      time.Duration
}{
	{"orange-again", "mesh-orange", 5 * time.Hour},
	{"red-again", "red-light", 26 * time.Hour},
}

// planJudgements plans what members report and what Priya decides.
func (b *builder) planJudgements() {
	for _, r := range reports {
		t := b.told[r.thread]
		for _, f := range r.flags {
			b.plan(t.at.Add(f.after), "flag "+r.thread, func(ctx context.Context) error {
				return b.as(ctx, f.who, func(by community.Actor) error {
					_, err := b.Judges.Flag(ctx, by, t.post(r.answer), f.reason, f.note)
					return err
				})
			})
		}
		if r.verdict != nil {
			b.plan(t.at.Add(r.after), "decide "+r.thread, func(ctx context.Context) error { return b.decide(ctx, t.post(r.answer), *r.verdict) })
		}
	}
	for _, d := range duplicates {
		t, of := b.told[d.thread], b.told[d.of]
		b.plan(t.at.Add(d.after), "duplicate "+d.thread, func(ctx context.Context) error {
			return b.as(ctx, "priya", func(by community.Actor) error {
				_, err := b.Community.MarkDuplicate(ctx, by, t.id, of.id)
				return err
			})
		})
	}
}

// post is an answer of the thread, or its question for -1.
func (t *told) post(i int) community.Ref {
	if i < 0 {
		return t.question()
	}
	return t.answer(i)
}

// decide judges the post's item in the queue.
func (b *builder) decide(ctx context.Context, ref community.Ref, v moderation.Verdict) error {
	if err := b.settle(ctx); err != nil {
		return err
	}
	return b.as(ctx, "priya", func(by community.Actor) error {
		queue, err := b.Judges.Queue(ctx, by, "", 100)
		if err != nil {
			return err
		}
		for _, item := range queue.Items {
			if item.Ref == ref {
				v.Version = item.Rev
				_, err := b.Judges.Decide(ctx, by, item.ID, v)
				return err
			}
		}
		return fmt.Errorf("%s %s is not in the queue", ref.Kind, ref.ID)
	})
}
