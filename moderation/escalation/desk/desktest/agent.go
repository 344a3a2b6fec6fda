package desktest

import "selfie/moderation/escalation/desk"

// Agent acts at a desk as a person there does, past the connector's account.
type Agent struct {
	Name, Email string
	Reply       func(ticket, html string, files ...desk.Attachment) error
	Comment     func(ticket, html string) error // in private
	SetStatus   func(ticket string, s desk.Status) error
	Delete      func(ticket string) error // nil when a ticket cannot be deleted there
}
