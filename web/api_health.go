package web

import "selfie/internal/fault"

// apiHealth says that the server works.
type apiHealth struct {
	Status string `json:"status" enum:"ok"`
}

func (s *Server) apiHealth(a *api) {
	serve(a, endpoint{method: "GET", path: "/health", id: "health", tag: "Health", says: "Say whether the server and its store work"}, func(k *call, _ *nothing) (apiHealth, error) {
		if _, err := s.community.Settings(k.ctx); err != nil {
			return apiHealth{}, fault.Wrap(err, fault.Unavailable, "The store does not answer.")
		}
		k.c.Set("Cache-Control", "no-store")
		return apiHealth{"ok"}, nil
	})
}
