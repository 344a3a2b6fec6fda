package desk

import (
	"context"
	"errors"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// job is one try of one delivery.
type job struct {
	e *Engine
	c *connection
	l *Link
	d *Delivery
}

func (j *job) run(ctx context.Context) (remote string, err error) {
	if j.l.Lost && j.d.Lane == Out {
		return "", nothingToDo{"The ticket is gone from the desk."}
	}
	v, err := j.view(ctx)
	if err != nil {
		return "", err
	}
	switch j.d.What {
	case OpenTicket:
		return j.open(ctx, v)
	case SendPost, SendNote:
		return j.send(ctx)
	case SyncStatus:
		return "", j.e.agree(ctx, j.c, j.l, v)
	case TakeReply:
		return "", j.takeReply(ctx)
	}
	return "", refused{errors.New("unknown kind of delivery: " + string(j.d.What))}
}

// view reads the case; one that is no more ends the delivery.
func (j *job) view(ctx context.Context) (CaseView, error) {
	ctx, cancel := j.e.call(ctx)
	defer cancel()
	v, err := j.e.cases.Case(ctx, j.d.Case)
	return v, fromCases(err)
}

// content reads a post as it stands, made acceptable to the desk.
func (j *job) content(ctx context.Context, name string) (Content, error) {
	ctx, cancel := j.e.call(ctx)
	defer cancel()
	c, err := j.e.cases.Post(ctx, j.d.Case, name)
	if err != nil {
		return c, fromCases(err)
	}
	return fit(c, j.c.desk.Capabilities()), nil
}

// fromCases reads the kinds that Cases promises.
func fromCases(err error) error {
	switch {
	case err == nil:
		return nil
	case fault.Is(err, fault.NotFound), fault.Is(err, fault.Gone):
		return nothingToDo{"It is no longer there: " + err.Error()}
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict), fault.Is(err, fault.Forbidden):
		return refused{err}
	}
	return err
}

// sending marks the delivery as sent before it is, so that a crash is met as a
// lost answer. It says notYet while an earlier sending may still take effect,
// or one of another node that takes itself for the holder of the lease.
func (j *job) sending(ctx context.Context) error {
	now, quiet := j.e.now(), store.Millis(j.e.o.Quiet.Milliseconds())
	if j.d.Sent != 0 && now < j.d.Sent+quiet {
		return notYet{j.d.Sent + quiet}
	}
	var other error
	_, err := j.e.deliveries.Update(ctx, j.d.ID, func(d *Delivery) error {
		other = nil
		switch {
		case d.State != Pending:
			other = nothingToDo{"It was dismissed."}
		case d.Sent != j.d.Sent:
			other = notYet{d.Sent + quiet} // a rival node is sending it
		}
		if other != nil {
			return store.ErrUnchanged
		}
		d.Sent = now
		return nil
	})
	if err != nil {
		return ours(err)
	}
	if other == nil {
		j.d.Sent = now
	}
	return other
}

// notSent takes the mark back when the failure says that nothing happened.
func (j *job) notSent(ctx context.Context, failure error) error {
	if failure == nil || mayHaveHappened(failure) {
		return failure
	}
	_, err := j.e.deliveries.Update(ctx, j.d.ID, func(d *Delivery) error { d.Sent = 0; return nil })
	if err != nil {
		return ours(err)
	}
	return failure
}

func mayHaveHappened(err error) bool {
	if errors.Is(err, ErrNotSent) {
		return false
	}
	switch fault.KindOf(err) {
	case fault.Unavailable, fault.Internal:
		return true
	}
	return false
}

// ask makes one call to the desk, with its deadline, and remembers how the
// desk does.
func (j *job) ask(ctx context.Context, call func(context.Context) error) error {
	return j.e.ask(ctx, j.c, call)
}

func (e *Engine) ask(ctx context.Context, c *connection, call func(context.Context) error) error {
	bounded, cancel := e.call(ctx)
	err := call(bounded)
	cancel()
	if herr := e.heard(ctx, c, err); herr != nil {
		return ours(herr)
	}
	return err
}
