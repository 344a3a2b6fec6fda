// Package archive brings communities in and carries them out.
//
// ImportStackExchange reads the data dump of a Stack Exchange site. Export and
// Import carry a whole community of ours from one store to another, whatever
// engines they use.
//
// # The form of an export
//
// A folder with one file a collection, in UTF-8, one JSON object a line, in the
// order of ids: settings, spaces, members, tags, uploads, threads, answers,
// comments, votes, interests, revisions, drafts and views, each with the ending
// .jsonl. A line is the document that the type of that name in package community
// describes by its json tags, with its keys sorted and without rev, changed,
// outbox, events and pending, which say something about one store only. Moments
// are milliseconds since 1970 in UTC; fields of no value are left out as the tags
// say. Ids stay what they are.
//
// Members come without password hashes unless asked for; settings are name,
// tagline, sign_up and stale_after_days. Sessions, secrets, notifications and mail
// are never exported.
//
// blobs.jsonl names each file of a picture, {"key", "bytes", "sha256"}, which
// stands below blobs/ under its key. manifest.json, written last, has the format's
// number, the date, and of each .jsonl file lines, bytes and SHA-256 in hex.
package archive
