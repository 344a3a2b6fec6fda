package deflection

import (
	"context"
	"errors"

	"selfie/internal/store"
)

// Solutions calls f with what visitors typed and the thread that they then said
// had solved it, the latest first and at most so many, for search to learn from.
// Texts that were forgotten are left out.
func (s *Service) Solutions(ctx context.Context, most int, f func(query, thread string)) error {
	n := 0
	err := s.attempts.Each(ctx, store.Where("offered", true).And("outcome", Confirmed).Order("-started"), func(a *Attempt) error {
		if n++; n > most {
			return errEnough
		}
		if a.Query != "" && a.Solved != nil {
			f(normal(a.Query), a.Solved.Thread)
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}
