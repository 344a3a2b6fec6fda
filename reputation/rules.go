package reputation

// Kind is why a member gains or loses points.
type Kind string

const (
	QuestionUp   Kind = "question_up"
	QuestionDown Kind = "question_down"
	AnswerUp     Kind = "answer_up"
	AnswerDown   Kind = "answer_down"
	CommentUp    Kind = "comment_up"
	Accepted     Kind = "accepted"  // my answer solved it
	Accepting    Kind = "accepting" // I said which answer solved my question
	Verified     Kind = "verified"  // the company confirmed my answer
	Helped       Kind = "helped"    // a visitor found my answer and did not have to ask
	DownVoting   Kind = "downvoting"
)

// Rules are the numbers of reputation, as data. Changing them and rebuilding
// computes every ledger day anew.
type Rules struct {
	Points map[Kind]int64 `json:"points"` // a kind of 0 leaves no line
	// Capped gains together count at most DailyCap in one UTC day. Losses are
	// never capped.
	Capped   map[Kind]bool `json:"capped"`
	DailyCap int64         `json:"daily_cap"`
	// Votes of one member for one author that count in one UTC day.
	PairUp   int `json:"pair_up"`
	PairDown int `json:"pair_down"`
	// Start is what a member begins with, and the floor of every total.
	Start  int64   `json:"start"`
	Levels []Level `json:"levels"` // lowest first
}

// Level is a named range of reputation that also asks for quality.
type Level struct {
	Name       string `json:"name"`
	Points     int64  `json:"points"`      // from
	AcceptRate int64  `json:"accept_rate"` // per cent of the member's answers that were accepted, at least
}

// DefaultRules are Stack Exchange's points, cap and exemptions
// (stackapps.com/help/whats-reputation): question or answer up 10, accepted
// 15, accepting 2, down 2, voting an answer down 1, 200 a day with accepts
// exempt. A question is worth as much as an answer because in a support
// community a well described problem is half of what deflects the next one;
// Scoold's 5 suits places where askers farm votes.
//
// Numbers of our own: the company's confirmation counts as an accept does (15),
// because it vouches for the same thing; a visitor who was helped counts 2, a
// fifth of a vote, because leaving is weaker evidence than voting, and lies
// under the cap, because no member stands behind it. The pair limits are
// NodeBB's 6 up and 3 down per target and day.
//
// Levels: 50 is five votes or three accepted answers, one good week; each next
// one is four to five times as far (Stack Exchange's privileges spread so). Askers
// often forget to accept, so the quality asked for is modest: 10, 20 and 25 per
// cent keep out those who answer much and solve little.
func DefaultRules() Rules {
	return Rules{
		Points: map[Kind]int64{
			QuestionUp: 10, QuestionDown: -2, AnswerUp: 10, AnswerDown: -2, CommentUp: 0,
			Accepted: 15, Accepting: 2, Verified: 15, Helped: 2, DownVoting: -1,
		},
		Capped:   map[Kind]bool{QuestionUp: true, AnswerUp: true, CommentUp: true, Helped: true},
		DailyCap: 200,
		PairUp:   6,
		PairDown: 3,
		Start:    1,
		Levels: []Level{
			{"Newcomer", 1, 0}, {"Helper", 50, 0}, {"Trusted", 250, 10}, {"Expert", 1000, 20}, {"Champion", 5000, 25},
		},
	}
}

// LevelOf is the highest level that points and accept rate (per cent) reach.
func (r Rules) LevelOf(points, rate int64) string {
	name := ""
	for i, l := range r.Levels {
		if i == 0 || (points >= l.Points && rate >= l.AcceptRate) {
			name = l.Name
		}
	}
	return name
}

// total is what a member has after gains and losses in all.
func (r Rules) total(sum int64) int64 { return max(r.Start, r.Start+sum) }
