package demo

import (
	"context"
	"fmt"
	"time"

	"selfie/community"
	"selfie/moderation/escalation"
)

// deed is one step of an agent, or of those around a case.
type deed struct {
	thread string
	after  time.Duration // since the thread's question
	by     string
	do     func(*builder, context.Context, community.Actor, *told, *escalation.Case) error
}

// caseStory is what became of the cases. Those that a rule opens are open by
// then: 48 business hours are at most ten days.
var caseStory = []deed{
	{"case-dropout", 12 * day, "jonas", take},
	{"case-dropout", 12*day + 20*time.Minute, "jonas", note("Remote measurement: light is 9 dB too weak between 9 and 17, fine at night. The school on the same splitter runs a cabinet heater in these hours. Ordered the field team.")},
	{"case-dropout", 12*day + time.Hour, "jonas", reply(escalation.Answer{Body: "Thank you for the list, Fatima, it fits what we measured from here: during the day the light that reaches you is much too weak, and at night it is fine. So the fault is **outside your flat**, in the cabinet.\n\nA technician will be there on Thursday between 8 and 12. You do not have to be at home."})},
	{"case-dropout", 16 * day, "fatima", remark("Somebody worked at the cabinet on Thursday and since then the list is empty: not one drop in two days.")},
	{"case-dropout", 16*day + 3*time.Hour, "jonas", resolve},

	{"case-vlan", 11 * day, "sofia", take},
	{"case-vlan", 11*day + 40*time.Minute, "sofia", reply(escalation.Answer{Solves: true, Body: "VLAN **8**, tagged, and the One asks as **IGMP v3**.\n\nYour switch most likely answers v2 only, so the stream stops when the first query comes, and that is exactly after three seconds. In the switch:\n\n1. IGMP snooping on, version 3\n2. *Fast leave* on\n3. No querier of its own: the One is the querier\n\nIf it knows v2 only, give the box a port of the One and leave the switch out."})},

	{"case-refund", 2 * time.Hour, "luis", askAgent("Paid twice, and I do not want to call again.")},
	{"case-refund", 4 * time.Hour, "jonas", take},
	{"case-refund", 4*time.Hour + 15*time.Minute, "jonas", note("Two mandates for one contract after the move from the old system. Second one cancelled, accounting refunds within 3 days.")},
	{"case-refund", 5 * time.Hour, "jonas", reply(escalation.Answer{Solves: true, Body: "You are right, Luis, and I am sorry for the forty minutes. When we moved to the new system your contract got a second debit mandate. I have cancelled it; the money is back on your account within three working days. You need not call anybody."})},

	{"case-back", 11 * day, "jonas", handBack("There is no technical difference between the colours; people who own one can tell better.")},

	{"case-escalated", 24 * time.Hour, "priya", escalate("There is a deadline of the insurance, and nobody here should guess.")},
	{"case-escalated", 26 * time.Hour, "jonas", take},
	{"case-escalated", 27 * time.Hour, "jonas", note("Called the alarm centre (Ms Vermeer): they need 5061/TCP outgoing, no registration. The One blocks it only with the telephony helper on.")},
	{"case-escalated", 30 * time.Hour, "jonas", reply(escalation.Answer{Body: "I have spoken with your alarm centre. The One lets port 5061 through, but its *telephony helper* changes the packets on the way, and the centre then throws them away.\n\n1. Phone → Advanced → **Telephony helper: off**\n2. Restart the alarm system, not the router\n3. Ask the centre for a test call\n\nI stay on it until they see you. Your own telephone is not affected."})},
	{"case-escalated", 3 * day, "anneke", acceptOfficial},

	{"case-open", 11 * day, "jonas", take},
	{"case-open", 11*day + 30*time.Minute, "jonas", note("Sounds like the buffer battery of the box. Asked the field team which model hangs there before I tell her to open anything.")},
}

// planCases plans what agents do. What opens by itself, rules open.
func (b *builder) planCases() {
	for _, d := range caseStory {
		t := b.told[d.thread]
		b.plan(t.at.Add(d.after), "case "+d.thread, func(ctx context.Context) error {
			if err := b.settle(ctx); err != nil {
				return err
			}
			return b.as(ctx, d.by, func(by community.Actor) error {
				c, err := b.Cases.OpenCase(ctx, t.id)
				if err != nil {
					return err
				}
				return d.do(b, ctx, by, t, c)
			})
		})
	}
}

type step = func(*builder, context.Context, community.Actor, *told, *escalation.Case) error

// onCase is a step that needs an open case.
func onCase(do func(*builder, context.Context, community.Actor, string) error) step {
	return func(b *builder, ctx context.Context, by community.Actor, t *told, c *escalation.Case) error {
		if c == nil {
			return fmt.Errorf("%s has no open case", t.label)
		}
		return do(b, ctx, by, c.ID)
	}
}

var take = onCase(func(b *builder, ctx context.Context, by community.Actor, id string) error {
	_, err := b.Cases.Take(ctx, by, id)
	return err
})

var resolve = onCase(func(b *builder, ctx context.Context, by community.Actor, id string) error {
	_, err := b.Cases.Resolve(ctx, by, id)
	return err
})

func note(text string) step {
	return onCase(func(b *builder, ctx context.Context, by community.Actor, id string) error {
		_, err := b.Cases.AddNote(ctx, by, id, text, "")
		return err
	})
}

func reply(a escalation.Answer) step {
	return onCase(func(b *builder, ctx context.Context, by community.Actor, id string) error {
		_, err := b.Cases.Reply(ctx, by, id, a)
		return err
	})
}

func handBack(why string) step {
	return onCase(func(b *builder, ctx context.Context, by community.Actor, id string) error {
		_, err := b.Cases.HandBack(ctx, by, id, why)
		return err
	})
}

func askAgent(why string) step {
	return func(b *builder, ctx context.Context, by community.Actor, t *told, _ *escalation.Case) error {
		_, err := b.Cases.AskAgent(ctx, by, t.id, why)
		return err
	}
}

func escalate(why string) step {
	return func(b *builder, ctx context.Context, by community.Actor, t *told, _ *escalation.Case) error {
		_, err := b.Cases.Escalate(ctx, by, t.id, why)
		return err
	}
}

func remark(text string) step {
	return func(b *builder, ctx context.Context, by community.Actor, t *told, _ *escalation.Case) error {
		_, err := b.Community.PostComment(ctx, by, community.CommentDraft{On: t.question(), Body: text})
		return err
	}
}

func acceptOfficial(b *builder, ctx context.Context, by community.Actor, t *told, c *escalation.Case) error {
	if c == nil || c.Official == "" {
		return fmt.Errorf("%s has no official answer", t.label)
	}
	_, err := b.Community.Accept(ctx, by, t.id, c.Official)
	return err
}
