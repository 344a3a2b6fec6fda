package demo

import (
	"context"
	"errors"
	"strings"

	"selfie/community"
	"selfie/internal/store"
)

// person is a member of the cast. Who has no role is a customer.
type person struct {
	key, name, place, about string
	role                    community.Role
	tester                  bool
}

// cast is everyone, those to sign in as first.
var cast = []person{
	{key: "mia", name: "Mia Lindqvist", place: "Malmö", about: "Illustrator. Works at the kitchen table, which is too far from the router."},
	{key: "tomas", name: "Tomás Rivera", place: "Valencia", about: "Laid cables for twenty years, now I only lay them for friends. **Tell me the colour of the light and the firmware**, then we talk.", tester: true},
	{key: "priya", name: "Priya Nair", place: "Leeds", about: "Moderator. If something here is not right, flag it, I look every day.", role: community.Moderator},
	{key: "jonas", name: "Jonas Weber", place: "Lumen support, Bremen", about: "I work at Lumen and answer when the community cannot.", role: community.Agent, tester: true},
	{key: "ada", name: "Ada Okafor", place: "Lumen, Dublin", about: "I run this community.", role: community.Admin},
	{key: "sofia", name: "Sofia Marinescu", place: "Lumen firmware team, Cluj", about: "I read every beta thread. Logs make me happy.", role: community.Agent, tester: true},
	{key: "ingrid", name: "Ingrid Solberg", place: "Trondheim", about: "Teacher for maths. I explain until it is understood.", tester: true},
	{key: "kenji", name: "Kenji Watanabe", place: "Rotterdam", about: "Network engineer. Please post the log, not a description of the log.", tester: true},
	{key: "beatriz", name: "Beatriz Nunes", place: "Porto", about: "Two children, one practice, eleven lamps that need Wi-Fi."},
	{key: "oleg", name: "Oleg Danko", place: "Lviv", about: "Electrician."},
	{key: "grace", name: "Grace Mwangi", place: "Bristol", about: "Old house, thick walls, long shed.", tester: true},
	{key: "lars", name: "Lars Petersen", place: "Aarhus"},
	{key: "nils", name: "Nils Bergman", place: "Uppsala", tester: true},
	{key: "chloe", name: "Chloé Martin", place: "Lyon"},
	{key: "amir", name: "Amir Haddad", place: "Berlin"},
	{key: "yuki", name: "Yuki Tanabe", place: "Düsseldorf"},
	{key: "dolores", name: "Dolores Ferreira", place: "Faro", about: "71, and not afraid of menus."},
	{key: "viktor", name: "Viktor Horváth", place: "Pécs"},
	{key: "hannah", name: "Hannah Klein", place: "Freiburg"},
	{key: "samuel", name: "Samuel Osei", place: "Antwerp"},
	{key: "piotr", name: "Piotr Zieliński", place: "Poznań"},
	{key: "fatima", name: "Fatima Zahra Idrissi", place: "Marseille"},
	{key: "george", name: "George Papadakis", place: "Chania", about: "Retired sea captain. My daughter says I should ask you."},
	{key: "elena", name: "Elena Rossi", place: "Turin"},
	{key: "ravi", name: "Ravi Menon", place: "Utrecht"},
	{key: "zoe", name: "Zoë Janssens", place: "Ghent"},
	{key: "marcus", name: "Marcus Doyle", place: "Cork"},
	{key: "anneke", name: "Anneke de Vries", place: "Zwolle"},
	{key: "luis", name: "Luis Ortega", place: "Sevilla"},
	{key: "theo", name: "Theo Nguyen", place: "Nantes"},
	{key: "wanda", name: "Wanda Kowalska", place: "Gdynia"},
	{key: "ines", name: "Inês Carvalho", place: "Braga"},
	{key: "callum", name: "Callum Reid", place: "Dundee"},
	{key: "bao", name: "Bao Tran", place: "Prague"},
	{key: "ruth", name: "Ruth Abramson", place: "Basel"},
	{key: "dmitri", name: "Dmitri Volkov", place: "Riga"},
	{key: "aoife", name: "Aoife Byrne", place: "Sligo", about: "Barn, sheep, live radio."},
	{key: "jamal", name: "Jamal Carter", place: "Vienna"},
	{key: "marta", name: "Marta Silva", place: "Madrid"},
	{key: "promo", name: "Best Box Deals"},
	{key: "wei", name: "Wei Chen", place: "Leipzig"},
}

// Login is an account that anybody may sign in with in the demonstration.
type Login struct {
	Key, Name, Says string
	Email, Password string
}

// roles say in a word what there is to see for whom.
var roles = map[string]string{
	"mia":   "asks questions",
	"tomas": "answers them",
	"priya": "moderates",
	"jonas": "works on cases",
	"ada":   "runs the place",
}

// loginCount is how many of the cast can be signed in as.
const loginCount = 5

// Logins lists the accounts to sign in with.
func Logins() []Login {
	var list []Login
	for _, p := range cast[:loginCount] {
		list = append(list, Login{Key: p.key, Name: p.name, Says: roles[p.key], Email: p.email(), Password: p.password()})
	}
	return list
}

// Members makes the accounts to sign in with, beside whatever is there.
func Members(ctx context.Context, people *community.Service) error {
	for _, p := range cast[:loginCount] {
		_, err := people.CreateMember(ctx, community.System, community.NewMember{Name: p.name, Email: p.email(), Role: p.role, Password: p.password()})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p person) email() string { return p.key + "@lumen.example" }

// password is known to everyone: the demonstration holds no secrets.
func (p person) password() string { return "lumen demo " + p.key }

// join gives everyone an account. Only those to sign in with get a password,
// because a password takes long to hash.
func (b *builder) join(ctx context.Context) error {
	for i, p := range cast {
		m := community.NewMember{Name: p.name, Email: p.email(), Role: p.role}
		if i < loginCount {
			m.Password = p.password()
		}
		made, err := b.Community.CreateMember(ctx, community.System, m)
		if err != nil {
			return err
		}
		b.ids[p.key] = made.ID
		if p.tester {
			if err := b.Community.SetGroups(ctx, community.System, made.ID, []string{"testers"}); err != nil {
				return err
			}
		}
		if err := b.describe(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) describe(ctx context.Context, p person) error {
	by, err := b.actor(ctx, p.key)
	if err != nil {
		return err
	}
	if p.about != "" || p.place != "" {
		if _, err := b.Community.EditProfile(ctx, by, community.ProfileEdit{Name: p.name, About: p.about, Location: p.place}); err != nil {
			return err
		}
	}
	if p.key == "mia" || p.key == "tomas" {
		return nil // the others want no mail, so that what is kept stays short
	}
	return b.Community.EditPrefs(ctx, by, community.Prefs{})
}

// actor is a member of the cast as they stand now.
func (b *builder) actor(ctx context.Context, key string) (community.Actor, error) {
	m, err := b.Community.Member(ctx, b.ids[key])
	if err != nil {
		return community.Actor{}, err
	}
	return m.Actor(), nil
}

func known(key string) bool {
	for _, p := range cast {
		if p.key == key {
			return true
		}
	}
	return false
}

// spaces are the product areas, in the order of their files.
var spaces = []community.Space{
	{Meta: store.Meta{ID: "getting-started"}, Name: "Getting started", About: "Cables, lights, first steps, moving house."},
	{Meta: store.Meta{ID: "wifi"}, Name: "Wi-Fi & mesh", About: "Speed, coverage, channels, Lumen Mesh."},
	{Meta: store.Meta{ID: "app"}, Name: "App & account", About: "The Lumen app, your account, contract and bill."},
	{Meta: store.Meta{ID: "firmware"}, Name: "Firmware & bugs", About: "Updates, error codes, and what is broken."},
	{Meta: store.Meta{ID: "beta"}, Name: "Beta testers", About: "Firmware before it is out. Stays among us.", Visibility: community.Restricted, Groups: []string{"testers"}},
}

// openSpaces makes the spaces, in the place of the one that every community
// begins with.
func (b *builder) openSpaces(ctx context.Context) error {
	for i, sp := range spaces {
		visibility := sp.Visibility
		if visibility == "" {
			visibility = community.Public
		}
		if _, err := b.Community.SaveSpace(ctx, community.System, community.SpaceEdit{ID: sp.ID, Name: sp.Name, About: sp.About,
			Visibility: visibility, Groups: sp.Groups, Position: int64(i + 1), New: true}); err != nil {
			return err
		}
	}
	err := b.Community.Records().Spaces.Delete(ctx, "general", 0)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

func spaceOf(file string) string {
	_, name, _ := strings.Cut(strings.TrimSuffix(file, ".txt"), "-")
	return name
}
