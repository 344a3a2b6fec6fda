package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"selfie/moderation/escalation/desk"
	"selfie/moderation/escalation/desk/rt/rttest"
)

const (
	angryTitle = "My brakes squeal in the rain and the shop does not answer"
	angryWords = "This is a **disgrace**. I wrote three times, and nobody answers; I am furious."
)

// Angry words call an agent at once. The customer reads nothing but where her
// case stands, outsiders not even that; the agent is warned that the thread is
// public, answers for the company, resolves, and hands the case back.
func TestAngryQuestionIsAnsweredByAnAgent(t *testing.T) {
	each(t, scriptedAndPlain, func(t *testing.T, s *Site, v View) {
		ada := s.Admin(t)
		ina := ada.Promote(s.Join(t, "Ina Agent"), "agent")
		person := s.Join(t, "Mia Maurer")
		mia := chromium.Open(t, s, v).As(person)
		mia.Visit("/ask").Fill("Your question in one line", angryTitle).Fill("What happens?", angryWords).Press("Post question")
		mia.See("Your question is posted")
		thread := mia.Path()
		person.await(thread, regexp.MustCompile("(Submitted to support)"))
		mia.Visit(thread)
		mia.In("#case-status").SeeNot("furious", "Angry", "disgrace")
		mia.Sound().Shot("thread-angry")
		guest := chromium.Open(t, s, v)
		guest.Visit(thread).See("disgrace").SeeNot("Submitted to support").SeeNot("Support")

		agent := chromium.Open(t, s, v.deskSide()).As(ina)
		agent.Visit("/desk").See(angryTitle, "Angry words", "Mia Maurer").Sound().Shot("desk-angry")
		agent.Follow(angryTitle).See("PUBLIC thread: what you answer is for everyone to read", "Submitted to support").Sound().Shot("case-angry")
		at := agent.Path()
		mia.Mark()
		agent.Press("Take it").See("With support", "Ina Agent")
		mia.fresh(thread).In("#case-status").See("With support")
		agent.Fill("Answer", "We are sorry. A new pair of pads is on its way to you.").Press("Post answer").See("Thank you! Your answer is posted.", "Waiting for the customer")
		mia.fresh(thread).See("Official answer by Support", "A new pair of pads is on its way", "Waiting for you")
		mia.Sound().Shot("thread-official")
		told(t, mia, "/notifications", angryTitle, "answered", "notifications-official")

		mia.Visit(thread).Mark()
		agent.Visit(at).Press("Resolve").See("Solved by support", "Open again")
		mia.fresh(thread).In("#case-status").See("Solved by support")
		agent.Press("Open again").See("With support").Press("Hand back").Shot("case-hand-back")
		agent.Fill("Why (for the record)", "Riders know better which pads last.").Press("Hand back to the community")
		agent.See("Back with the community", "Open again")
		retry(t, agent, at, "handed the case back: Riders know better") // the timeline follows
		agent.Sound().Shot("case-returned")
		mia.fresh(thread).In("#case-status").SeeNot("With support", "Riders know better")
		guest.Visit(thread).See("Official answer by Support", "on its way").SeeNot("Riders know better").Sound()
	})
}

// deskSide is where agents work: a desktop, with JavaScript if the customer has it.
func (v View) deskSide() View {
	if v.Script {
		return Desktop
	}
	return Desktop.NoScript()
}

// fresh is the page as it is now: with JavaScript it must have kept up by itself.
func (b *Tab) fresh(path string) *Tab {
	b.t.Helper()
	if b.view.Script {
		return b.Unmoved()
	}
	return b.Visit(path)
}

// The same with the real Request Tracker: nobody answers, the customer asks for
// an agent, a ticket appears there and leads back, the agent's reply there
// becomes the official answer here, what she tells her colleagues stays there,
// and what is solved there is solved here. (That a rule calls the agent after
// business hours is told in Go, where the clock can be moved.)
func TestTicketIsAnsweredInTheThread(t *testing.T) {
	if err := chromium.start(); err != nil {
		missing(t, err)
	}
	tracker := rttest.Start(t)
	s := selfie.Serve(t, "SELFIE_RT_URL="+tracker.URL, "SELFIE_RT_TOKEN="+tracker.Token, "SELFIE_RT_POLL=1s", "SELFIE_COMPANY=Lumen Support")
	ada, mia := s.Admin(t), s.Join(t, "Mia Maurer")
	ina := ada.Promote(s.Join(t, "Ina Agent"), "agent")
	ada.Submit("/admin/rules", "/admin/rules/asked", url.Values{"name": {"The customer asks for an agent"}, "trigger": {"asked"}, "minutes": {"0"}, "position": {"3"}, "on": {"1"}})
	thread := mia.Ask("general", "No light on the front at all", "Since Monday, with a new bulb.")

	customer := chromium.Open(t, s, Phone).As(mia)
	customer.Visit(thread).See("No answer yet", "Nobody could help?").Sound().Shot("thread-ask-agent")
	customer.In("#case-status").Fill("Nobody could help?", "I ride to work in the dark.").Press("Ask an agent")
	customer.See("An agent is called. You are told when they answer.", "Submitted to support").Sound().Shot("thread-submitted")

	agent := chromium.Open(t, s, Desktop).As(ina)
	agent.Visit("/desk").Follow("No light on the front at all")
	agent.See("PUBLIC thread", "The customer asked for an agent: I ride to work in the dark.")
	retry(t, agent, agent.Path(), "on Request Tracker")
	ticket := linked(agent, tracker)
	agent.Sound().Shot("case-rt")
	there := ticketText(t, tracker, ticket, "Since Monday, with a new bulb.")
	for _, want := range []string{"PUBLIC THREAD", s.URL + thread} {
		if !strings.Contains(there, want) {
			t.Errorf("the ticket does not say %q:\n%s", want, there)
		}
	}

	customer.Mark()
	person := tracker.Person()
	try(t, person.Comment(ticket, "<p>She is a difficult customer.</p>"))
	try(t, person.Reply(ticket, "<p>Please check the <b>fuse</b> behind the small lid.</p>"))
	customer.See("Official answer by Lumen Support", "Please check the fuse behind the small lid.").Unmoved().Sound().Shot("thread-rt-answer")
	stands(t, tracker, ticket, desk.Waiting) // for her
	customer.In("article.answer").Press("Ask back or comment").Fill("Your comment", "It makes a clicking noise, too.").Press("Post comment")
	ticketText(t, tracker, ticket, "It makes a clicking noise, too.")
	stands(t, tracker, ticket, desk.Open) // as she wrote again

	try(t, person.SetStatus(ticket, desk.Solved))
	mia.await(thread, regexp.MustCompile("(Solved by support)"))
	customer.Visit(thread)
	customer.In("#thread-facts").See("Solved")
	customer.In("#case-status").See("Solved by support")
	customer.Sound().Shot("thread-rt-solved")
	retry(t, agent, "/desk?state=solved", "No light on the front at all")
	stands(t, tracker, ticket, desk.Solved)
	chromium.Open(t, s, Phone).Visit(thread).See("Official answer by Lumen Support", "fuse", "Solved").SeeNot("Solved by support").Sound().Shot("thread-rt-guest")
	for _, p := range []*Person{mia, ada, s.visitor(t, "Guest")} {
		if _, _, body := p.Get(thread); strings.Contains(body, "difficult") {
			t.Errorf("%s reads what agents say among themselves", p)
		}
	}
	operator := chromium.Open(t, s, Desktop).As(ada)
	operator.Visit("/admin/desks").Follow("Check it now").See("The desk answers, and has what we need.", "Nothing was given up").Sound().Shot("desks-rt")
}

var ticketLink = regexp.MustCompile(`/Ticket/Display\.html\?id=(\d+)$`)

// linked follows the case's link to its ticket and back; it returns the ticket.
func linked(agent *Tab, tracker *rttest.Server) (ticket string) {
	agent.t.Helper()
	at := agent.Path()
	href := value[string](agent, `[...document.links].find(a => a.textContent.includes('on Request Tracker')).href`)
	m := ticketLink.FindStringSubmatch(href)
	if m == nil || !strings.HasPrefix(href, tracker.URL) {
		agent.fatalf("the case leads to %s", href)
	}
	agent.Follow("Ticket " + m[1] + " on Request Tracker").See("Login") // RT's own, for agents
	agent.Visit(at)
	return m[1]
}

func try(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stands waits until a ticket has this status.
func stands(t *testing.T, tracker *rttest.Server, ticket string, want desk.Status) {
	t.Helper()
	remote := tracker.Desk(nil)
	try(t, eventually(t.Context(), func() error {
		there, err := remote.Ticket(t.Context(), ticket)
		if err == nil && there.Status != want {
			err = fmt.Errorf("the ticket is %s, not %s", there.Status, want)
		}
		return err
	}))
}

// ticketText waits until a ticket says something, and returns all that it says.
func ticketText(t *testing.T, tracker *rttest.Server, ticket, want string) (all string) {
	t.Helper()
	err := eventually(t.Context(), func() (err error) {
		all, err = readTicket(t, tracker, ticket)
		if err == nil && !strings.Contains(all, want) {
			err = fmt.Errorf("the ticket does not say %q: %s", want, all)
		}
		return err
	})
	try(t, err)
	return all
}

func readTicket(t *testing.T, tracker *rttest.Server, ticket string) (string, error) {
	t.Helper()
	rq, err := http.NewRequestWithContext(t.Context(), http.MethodGet, tracker.URL+"/REST/2.0/ticket/"+ticket+"/attachments?fields=Content&per_page=100", nil)
	try(t, err)
	rq.Header.Set("Authorization", "token "+tracker.Agent)
	res, err := http.DefaultClient.Do(rq)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var page struct{ Items []struct{ Content string } }
	if err := json.NewDecoder(res.Body).Decode(&page); err != nil {
		return "", err
	}
	var all []string
	for _, x := range page.Items {
		text, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(x.Content, "\n", ""))
		if err != nil {
			text = []byte(x.Content)
		}
		all = append(all, string(text))
	}
	return strings.Join(all, "\n"), nil
}
