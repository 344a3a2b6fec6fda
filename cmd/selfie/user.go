package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"selfie/community"
)

// userCmd makes and changes accounts from the machine, without a password of
// its own: whoever runs it owns the data.
type userCmd struct {
	Add      userAdd      `cmd:"" help:"Make an account."`
	Role     userRole     `cmd:"" help:"Give a role: customer, moderator, agent or admin."`
	Groups   userGroups   `cmd:"" help:"Set the groups."`
	Password userPassword `cmd:"" help:"Set a password."`
	List     userList     `cmd:"" help:"List accounts."`
}

type userAdd struct {
	Email    string         `arg:"" help:"E-mail address."`
	Name     string         `help:"Display name." required:""`
	Role     community.Role `help:"Role." default:"customer"`
	Password string         `help:"Password. Without it, it is asked for." env:"SELFIE_PASSWORD"`
}

// Run makes the account.
func (c *userAdd) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		password, err := secret(c.Password)
		if err != nil {
			return err
		}
		m, err := a.people.CreateMember(ctx, community.System, community.NewMember{Name: c.Name, Email: c.Email, Password: password, Role: c.Role})
		if err != nil {
			return err
		}
		fmt.Printf("%s is a %s now (%s)\n", m.Name, m.Role, m.ID)
		return nil
	})
}

type userRole struct {
	Email string         `arg:"" help:"E-mail address."`
	Role  community.Role `arg:"" help:"Role."`
}

// Run sets the role.
func (c *userRole) Run(ctx context.Context, conf *Config) error {
	return withMember(ctx, conf, c.Email, func(a *app, m *community.Member) error {
		return a.people.SetRole(ctx, community.System, m.ID, c.Role)
	})
}

type userGroups struct {
	Email  string `arg:"" help:"E-mail address."`
	Groups string `arg:"" help:"Groups with commas between; empty for none." optional:""`
}

// Run sets the groups.
func (c *userGroups) Run(ctx context.Context, conf *Config) error {
	return withMember(ctx, conf, c.Email, func(a *app, m *community.Member) error {
		return a.people.SetGroups(ctx, community.System, m.ID, strings.FieldsFunc(c.Groups, func(r rune) bool { return r == ',' || r == ' ' }))
	})
}

type userPassword struct {
	Email    string `arg:"" help:"E-mail address."`
	Password string `help:"Password. Without it, it is asked for." env:"SELFIE_PASSWORD"`
}

// Run sets the password and signs the member out everywhere.
func (c *userPassword) Run(ctx context.Context, conf *Config) error {
	return withMember(ctx, conf, c.Email, func(a *app, m *community.Member) error {
		password, err := secret(c.Password)
		if err != nil {
			return err
		}
		return a.people.SetPassword(ctx, community.System, m.ID, password)
	})
}

type userList struct {
	Role community.Role `help:"Only this role." default:""`
}

// Run prints one line an account.
func (c *userList) Run(ctx context.Context, conf *Config) error {
	return withApp(ctx, conf, func(a *app) error {
		for cursor := ""; ; {
			page, err := a.people.ListMembers(ctx, community.System, c.Role, cursor, 200)
			if err != nil {
				return err
			}
			for _, m := range page.Items {
				fmt.Printf("%s\t%s\t%s\t%s\n", m.ID, m.Role, m.Email, m.DisplayName())
			}
			if cursor = page.Next; cursor == "" {
				return nil
			}
		}
	})
}

func withApp(ctx context.Context, conf *Config, f func(*app) error) error {
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer a.Close()
	return f(a)
}

func withMember(ctx context.Context, conf *Config, email string, f func(*app, *community.Member) error) error {
	return withApp(ctx, conf, func(a *app) error {
		m, err := a.people.MemberByEmail(ctx, community.System, email)
		if err != nil {
			return err
		}
		if err := f(a, m); err != nil {
			return err
		}
		fmt.Printf("Done: %s (%s)\n", m.DisplayName(), m.ID)
		return nil
	})
}

// secret asks for a password when none was given.
func secret(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return "", fmt.Errorf("give the password in SELFIE_PASSWORD")
	}
	fmt.Fprint(os.Stderr, "Password: ")
	b, err := term.ReadPassword(int(os.Stdin.Fd()))
	fmt.Fprintln(os.Stderr)
	return string(b), err
}
