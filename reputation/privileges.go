package reputation

import (
	"cmp"
	"context"
	"slices"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/internal/store"
)

// Preset is how much reputation the privileges ask for.
type Preset string

const (
	Team    Preset = "team"    // L1: a private team that trusts everyone
	Growing Preset = "growing" // L2: the default
	Mature  Preset = "mature"  // L3: a large community, as Stack Exchange
)

// presets are in the order of privilege.needs.
var presets = [...]Preset{Team, Growing, Mature}

// privilege is what one action asks for under each preset.
type privilege struct {
	do    community.Action
	title string // begins a sentence: "Voting down unlocks at ..."
	needs [len(presets)]int64
}

// privileges are Apache Answer's three presets, with two decisions of our own:
// editing others' posts takes effect at once here, so it asks for what editing
// without review does there; marking duplicates, which Answer leaves to staff,
// asks for what closing does on Stack Exchange (500 on a young site, 3000 on a
// grown one). Asking, answering, commenting and flagging are open to everyone
// from the first minute: a customer with a problem cannot earn points first.
// What stands in no row is decided by role alone.
var privileges = [...]privilege{
	{community.DoAsk, "Asking", [...]int64{1, 1, 1}},
	{community.DoAnswer, "Answering", [...]int64{1, 1, 1}},
	{community.DoComment, "Commenting", [...]int64{1, 1, 1}},
	{community.DoVoteUp, "Voting up", [...]int64{1, 8, 15}},
	{community.DoManyLinks, "Posting more than two links", [...]int64{1, 10, 10}},
	{community.DoVoteDown, "Voting down", [...]int64{125, 125, 125}},
	{community.DoMarkDup, "Marking duplicates", [...]int64{1, 500, 3000}},
	{community.DoCreateTag, "Creating tags", [...]int64{1, 750, 1500}},
	{community.DoEditOthers, "Editing the posts of others", [...]int64{1, 1000, 2000}},
}

// needs tells what an action asks for; earned is false when role alone decides.
func (p Preset) needs(do community.Action) (title string, points int64, earned bool) {
	if !p.Valid() {
		p = Growing
	}
	column := slices.Index(presets[:], p)
	for _, x := range privileges {
		if x.do == do {
			return x.title, x.needs[column], true
		}
	}
	return "", 0, false
}

// Valid reports whether p is one of the presets. One that is not counts as
// Growing.
func (p Preset) Valid() bool { return slices.Contains(presets[:], p) }

// May implements community.Privileges: staff, and moderators within their
// space, by role; everyone else by what they have earned.
func (s *Service) May(ctx context.Context, by community.Actor, do community.Action, space *community.Space) error {
	title, needs, earned := s.preset(ctx).needs(do)
	if !earned || by.Guest() || by.Staff() || by.Moderates(space) {
		return community.RolePrivileges{}.May(ctx, by, do, space)
	}
	if needs <= s.rules.Start {
		return nil
	}
	have, err := s.points(ctx, by.ID)
	if err != nil || have >= needs {
		return err
	}
	return fault.New(fault.Forbidden, "%s unlocks at %d points; you have %d.", title, needs, have)
}

func (s *Service) points(ctx context.Context, member string) (int64, error) {
	st, err := s.standings.Get(ctx, member)
	if err != nil {
		return s.rules.Start, store.IgnoreAbsent(err)
	}
	return st.Points, nil
}

// PrivilegeInfo is one privilege as a page shows it.
type PrivilegeInfo struct {
	Action   community.Action
	Title    string // "Voting down"
	Points   int64  // where it unlocks
	Unlocked bool
	Missing  int64 // points still to go; 0 when unlocked
}

// PrivilegesOf lists every earned privilege under the present preset, the
// earliest first: what so many points have unlocked, and what comes next.
func (s *Service) PrivilegesOf(ctx context.Context, points int64) []PrivilegeInfo {
	preset := s.preset(ctx)
	list := make([]PrivilegeInfo, 0, len(privileges))
	for _, p := range privileges {
		title, needs, _ := preset.needs(p.do)
		list = append(list, PrivilegeInfo{p.do, title, needs, points >= needs, max(needs-points, 0)})
	}
	slices.SortStableFunc(list, func(a, b PrivilegeInfo) int { return cmp.Compare(a.Points, b.Points) })
	return list
}
