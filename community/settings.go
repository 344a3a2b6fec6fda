package community

import (
	"context"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// Settings are the community's own, edited by an admin; one document, "settings".
type Settings struct {
	store.Meta
	Name       string       `json:"name"`
	Tagline    string       `json:"tagline"`
	SignUp     bool         `json:"sign_up"` // newcomers may make accounts
	Secret     string       `json:"secret"`  // signs links; never shown
	Setup      string       `json:"setup"`   // hash of the one-time token that makes the first admin; "" once used
	Epoch      string       `json:"epoch"`   // changes when a store is restored: local indexes are then rebuilt
	StaleAfter int64        `json:"stale_after_days"`
	Created    store.Millis `json:"created"`
}

const settingsID = "settings"

func defaultSettings(now time.Time) *Settings {
	return &Settings{
		Meta: store.Meta{ID: settingsID}, Name: "Selfie", Tagline: "Ask, show, solve: customers helping customers.",
		SignUp: true, Secret: store.Token(), Epoch: store.Token()[:16], StaleAfter: 180, Created: store.At(now),
	}
}

// Settings returns the community's settings. The secret is in it: it must not
// be shown.
func (s *Service) Settings(ctx context.Context) (*Settings, error) {
	return glanced(ctx, settingsID, func(g *glance) looked[Settings] { return g.settings }, s.settings.Get)
}

// SettingsEdit is what an admin may change.
type SettingsEdit struct {
	Name, Tagline string
	SignUp        bool
	StaleAfter    int64 // days
}

// EditSettings changes the community's settings.
func (s *Service) EditSettings(ctx context.Context, by Actor, e SettingsEdit) (*Settings, error) {
	if err := s.may.May(ctx, by, DoAdminister, nil); err != nil {
		return nil, err
	}
	name, err := line("name", e.Name, 1, 60)
	if err != nil {
		return nil, err
	}
	tagline, err := line("tagline", e.Tagline, 0, 140)
	if err != nil {
		return nil, err
	}
	if e.StaleAfter < 1 || e.StaleAfter > 3650 {
		return nil, fault.Field("stale_after_days", "Days until a thread counts as stale: give 1 to 3650.")
	}
	return s.settings.Update(ctx, settingsID, func(c *Settings) error {
		c.Name, c.Tagline, c.SignUp, c.StaleAfter = name, tagline, e.SignUp, e.StaleAfter
		return nil
	})
}

// NewEpoch marks the store as restored, so that local indexes are rebuilt.
func (s *Service) NewEpoch(ctx context.Context) error {
	epoch := store.Token()[:16]
	_, err := s.settings.Update(ctx, settingsID, func(c *Settings) error { c.Epoch = epoch; return nil })
	return err
}
