package community

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"selfie/internal/fault"
	"selfie/internal/outbox"
	"selfie/internal/store"
)

// AllSpaces lists every space by position, for admins and the system.
func (s *Service) AllSpaces(ctx context.Context, by Actor) ([]*Space, error) {
	if err := s.may.May(ctx, by, DoAdminister, nil); err != nil {
		return nil, err
	}
	return s.everySpace(ctx)
}

// Spaces lists the spaces that the actor reads, by position.
func (s *Service) Spaces(ctx context.Context, by Actor) ([]*Space, error) {
	all, err := s.everySpace(ctx)
	return slices.DeleteFunc(all, func(sp *Space) bool { return !reads(by, sp) }), err
}

// Space returns a space that the actor reads.
func (s *Service) Space(ctx context.Context, by Actor, id string) (*Space, error) {
	return s.spaceFor(ctx, by, id)
}

// SpaceEdit is a whole space as an admin wants it. New asks for a space that
// does not exist yet.
type SpaceEdit struct {
	ID, Name, About string
	Visibility      Visibility
	Groups          []string // at most 50 words
	Moderators      []string // member ids, at most 100
	Position        int64
	Archived, New   bool
}

var spaceID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,39}$`)

// CheckSpaceID refuses what cannot be the address of a space.
func CheckSpaceID(id string) error {
	if !spaceID.MatchString(id) {
		return fault.Field("id", "An address is 2 to 40 characters: small letters, digits and dashes.")
	}
	return nil
}

// SaveSpace makes or changes a space.
func (s *Service) SaveSpace(ctx context.Context, by Actor, e SpaceEdit) (*Space, error) {
	if err := s.may.May(ctx, by, DoAdminister, nil); err != nil {
		return nil, err
	}
	e, err := s.cleanSpace(ctx, e)
	if err != nil {
		return nil, err
	}
	apply := func(sp *Space) error {
		sp.Name, sp.About, sp.Visibility, sp.Groups = e.Name, e.About, e.Visibility, e.Groups
		sp.Moderators, sp.Position, sp.Archived = e.Moderators, e.Position, e.Archived
		return s.emit(&sp.Box, e.ID, outbox.Event{Kind: SpaceChanged, By: by.ID})
	}
	if !e.New {
		sp, err := s.spaces.Update(ctx, e.ID, apply)
		return sp, found(err, "space")
	}
	return s.addSpace(ctx, e.ID, apply)
}

func (s *Service) addSpace(ctx context.Context, id string, apply func(*Space) error) (*Space, error) {
	have, err := s.everySpace(ctx)
	if err != nil {
		return nil, err
	}
	if len(have) >= MaxSpaces {
		return nil, fault.New(fault.Conflict, "There are %d spaces already, the most a community can have.", MaxSpaces)
	}
	sp := &Space{Meta: store.Meta{ID: id}}
	if err := apply(sp); err != nil {
		return nil, err
	}
	if err := s.spaces.Insert(ctx, sp); errors.Is(err, store.ErrExists) {
		return nil, fault.Field("id", "There is a space with this address already. Choose another.")
	} else if err != nil {
		return nil, err
	}
	return sp, nil
}

func (s *Service) cleanSpace(ctx context.Context, e SpaceEdit) (SpaceEdit, error) {
	var err error
	if err := CheckSpaceID(e.ID); err != nil {
		return e, err
	}
	if e.Name, err = line("name", e.Name, 2, 60); err != nil {
		return e, err
	}
	if e.About, err = line("about", e.About, 0, 300); err != nil {
		return e, err
	}
	if !slices.Contains([]Visibility{Public, MembersOnly, Restricted}, e.Visibility) {
		return e, fault.Field("visibility", "Choose who reads the space: everyone, members, or some groups.")
	}
	if e.Groups, err = cleanGroups(e.Groups); err != nil {
		return e, err
	}
	if e.Visibility == Restricted && len(e.Groups) == 0 {
		return e, fault.Field("groups", "Name at least one group that reads the space.")
	}
	return e, s.checkModerators(ctx, e.Moderators)
}

func (s *Service) checkModerators(ctx context.Context, ids []string) error {
	if len(ids) > 100 {
		return fault.Field("moderators", "A space has at most 100 moderators.")
	}
	known, err := s.members.GetMany(ctx, ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if m := known[id]; m == nil || m.Closed != 0 {
			return fault.Field("moderators", "There is no member with the id %q.", id)
		}
	}
	return nil
}

var groupWord = regexp.MustCompile(`^[a-z0-9][a-z0-9_.:-]{0,39}$`)

// cleanGroups sorts group words and refuses bad ones; at most 50.
func cleanGroups(groups []string) ([]string, error) {
	var clean []string
	for _, g := range groups {
		g = strings.ToLower(strings.TrimSpace(g))
		if g == "" {
			continue
		}
		if !groupWord.MatchString(g) {
			return nil, fault.Field("groups", "A group is one word of small letters, digits, dots and dashes: %q is not.", g)
		}
		clean = append(clean, g)
	}
	slices.Sort(clean)
	clean = slices.Compact(clean)
	if len(clean) > 50 {
		return nil, fault.Field("groups", "At most 50 groups.")
	}
	return clean, nil
}
