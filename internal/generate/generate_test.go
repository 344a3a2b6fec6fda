package generate_test

import (
	"testing"

	"selfie/community"
	"selfie/internal/generate"
	"selfie/internal/scene"
	"selfie/internal/store"
)

func TestTheSameSeedMakesTheSameAndSettledCommunity(t *testing.T) {
	o := generate.Options{Seed: 7, Threads: 120}
	var walks [2][]string
	for i := range walks {
		s := scene.New(t, scene.SQLite(t))
		s.OK(generate.Community(s.Ctx, s.Svc, o, nil))
		s.OK(s.Svc.Records().Threads.Each(s.Ctx, store.All(), func(t *community.Thread) error {
			walks[i] = append(walks[i], t.ID+t.Title+t.Body)
			return nil
		}))
		before := stats(s)
		_, err := s.Svc.Rebuild(s.Ctx, nil)
		s.OK(err)
		for id, st := range stats(s) {
			if before[id] != st {
				t.Fatalf("a rebuild changed a generated thread from %+v to %+v", before[id], st)
			}
		}
	}
	for i := range walks[0] {
		if walks[0][i] != walks[1][i] {
			t.Fatal("two runs of one seed differ")
		}
	}
}

func stats(s *scene.Scene) map[string]community.ThreadStats {
	all := map[string]community.ThreadStats{}
	s.OK(s.Svc.Records().Threads.Each(s.Ctx, store.All(), func(t *community.Thread) error {
		all[t.ID] = t.Stats
		return nil
	}))
	return all
}
