package mongo_test

import (
	"testing"

	"selfie/internal/store"
	"selfie/internal/store/mongo"
	"selfie/internal/store/mongo/mongotest"
	"selfie/internal/store/storetest"
)

func TestStore(t *testing.T) {
	for _, server := range mongotest.Servers(t) {
		t.Run(server.Name, func(t *testing.T) { storetest.Run(t, target(server)) })
	}
}

func BenchmarkStore(b *testing.B) {
	for _, server := range mongotest.Servers(b) {
		b.Run(server.Name, func(b *testing.B) { storetest.Bench(b, target(server)) })
	}
}

// target is the engine over one server, with a database for each world.
func target(server mongotest.Server) storetest.Target {
	databases := map[store.Engine]string{}
	open := func(t testing.TB, database string) store.Engine {
		e, err := mongo.Open(t.Context(), server.URI, database)
		if err != nil {
			t.Fatal(err)
		}
		databases[e] = database
		return e
	}
	return storetest.Target{
		Open: func(t testing.TB) store.Engine { return open(t, mongotest.Database(t, server.URI)) },
		Reopen: func(t testing.TB, e store.Engine) store.Engine {
			if err := e.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, databases[e])
		},
		Peer: func(t testing.TB, e store.Engine) store.Engine { return open(t, databases[e]) },
		Slow: server.Slow,
	}
}
