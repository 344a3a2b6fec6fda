package reputation

import (
	"context"
	"slices"

	"selfie/community"
	"selfie/internal/store"
)

// Standing is what a member has come to. Its id is the member's.
type Standing struct {
	store.Meta
	Member     string     `json:"member"`
	Points     int64      `json:"points"` // never below Rules.Start
	Level      string     `json:"level"`
	Answers    int64      `json:"answers"`        // visible ones
	Accepted   int64      `json:"accepted"`       // by others than themselves
	AcceptRate int64      `json:"accept_rate"`    // per cent of Answers, rounded down, at most 100
	Verified   int64      `json:"verified"`       // answers the company confirmed
	Helped     int64      `json:"helped"`         // visitors who found an answer of theirs
	Tags       []TagScore `json:"tags,omitempty"` // highest first; at most TopTags
}

// TopTags bounds the tags of a standing.
const TopTags = 20

func declareStandings(db *store.DB) *store.Collection[Standing] {
	return store.Declare[Standing](db, "rep_standings", store.On("-points"))
}

func (s *Service) newcomer(member string) *Standing {
	return &Standing{Meta: store.Meta{ID: member}, Member: member, Points: s.rules.Start, Level: s.rules.LevelOf(s.rules.Start, 0)}
}

// restand computes a member's standing from the months of the ledger.
func (s *Service) restand(ctx context.Context, member string) (bool, error) {
	return derive(ctx, s.standings, member, func() (*Standing, bool, error) {
		var months []Sums
		err := s.scores.Each(ctx, store.Where("member", member).And("span", Month).Order("period"), func(x *Score) error {
			months = append(months, x.Sums)
			return nil
		})
		if err != nil {
			return nil, false, err
		}
		answers, err := s.facts.Answers.Count(ctx, store.Where("author", member).And("stats.shelf", community.OnOpen))
		return s.rules.stand(member, sum(months, TopTags), answers), len(months) > 0 || answers > 0, err
	})
}

func (r Rules) stand(member string, all Sums, answers int64) *Standing {
	st := &Standing{
		Member: member, Points: r.total(all.Points), Answers: answers,
		Accepted: all.Accepted, Verified: all.Verified, Helped: all.Helped, Tags: all.Tags,
	}
	if answers > 0 {
		st.AcceptRate = min(100*all.Accepted/answers, 100)
	}
	st.Level = r.LevelOf(st.Points, st.AcceptRate)
	return st
}

// Standing returns a member's standing; members without one are newcomers.
func (s *Service) Standing(ctx context.Context, member string) (*Standing, error) {
	all, err := s.Standings(ctx, []string{member})
	if err != nil {
		return nil, err
	}
	return all[member], nil
}

// Standings returns the standing of each member asked for. Tags that only
// restricted or private threads carry are left out: their names would tell.
func (s *Service) Standings(ctx context.Context, members []string) (map[string]*Standing, error) {
	all, err := s.standings.GetMany(ctx, members)
	if err != nil {
		return nil, err
	}
	for _, id := range members {
		if all[id] == nil {
			all[id] = s.newcomer(id)
		}
	}
	return all, s.hideTags(ctx, all)
}

// hideTags drops the tags that no open thread of a public space carries now.
func (s *Service) hideTags(ctx context.Context, all map[string]*Standing) error {
	seen := map[string]bool{}
	var names []string
	for _, st := range all {
		for _, t := range st.Tags {
			if !seen[t.Tag] {
				seen[t.Tag] = true
				names = append(names, t.Tag)
			}
		}
	}
	tags, err := s.facts.Tags.GetMany(ctx, names)
	if err != nil {
		return err
	}
	for _, st := range all {
		st.Tags = slices.DeleteFunc(st.Tags, func(t TagScore) bool { return tags[t.Tag] == nil || tags[t.Tag].Threads == 0 })
	}
	return nil
}
