package eval

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"selfie/internal/fault"
)

// Text is a question of a set.
type Text struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Body  string `json:"body"`
}

// Query is a question whose answers are known.
type Query struct {
	Text
	Relevant []string `json:"relevant"` // ids of threads
}

// Link says that two threads ask the same.
type Link struct{ A, B string }

// Set is a community on paper: what is asked, what is to be found, and what is
// known to ask the same.
type Set struct {
	Name    string
	Threads []Text
	Queries []Query
	Links   []Link
}

// ReadSet reads a directory with threads.jsonl, queries.jsonl and, if there is
// one, duplicates.tsv. What cannot be read is a fault of kind Invalid.
func ReadSet(dir string) (*Set, error) {
	s := &Set{Name: filepath.Base(dir)}
	err := lines(filepath.Join(dir, "threads.jsonl"), func(line []byte) error {
		var t Text
		err := json.Unmarshal(line, &t)
		if err == nil && t.ID == "" {
			err = errors.New("there is no id")
		}
		s.Threads = append(s.Threads, t)
		return err
	})
	if err != nil {
		return nil, err
	}
	if s.Queries, err = ReadQueries(filepath.Join(dir, "queries.jsonl")); err != nil {
		return nil, err
	}
	links := filepath.Join(dir, "duplicates.tsv")
	if _, err := os.Stat(links); errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	return s, lines(links, func(line []byte) error {
		a, b, ok := strings.Cut(string(line), "\t")
		if !ok || a == "" || b == "" {
			return errors.New("two ids with a tab between them are expected")
		}
		s.Links = append(s.Links, Link{a, strings.TrimSpace(b)})
		return nil
	})
}

// ReadQueries reads judged queries, a JSON object a line.
func ReadQueries(path string) (all []Query, err error) {
	return all, lines(path, func(line []byte) error {
		var q Query
		err := json.Unmarshal(line, &q)
		if err == nil && (q.Title == "" || len(q.Relevant) == 0) {
			err = errors.New("a title and the ids of relevant threads are expected")
		}
		all = append(all, q)
		return err
	})
}

// Unknown counts the ids that queries name as relevant, and those of them that
// no thread has: whatever ranks, they are never found.
func (s *Set) Unknown() (unknown, all int) {
	known := make(map[string]bool, len(s.Threads))
	for _, t := range s.Threads {
		known[t.ID] = true
	}
	return Unknown(s.Queries, known)
}

// Unknown counts the ids that queries name as relevant, and those of them that
// are not known.
func Unknown(queries []Query, known map[string]bool) (unknown, all int) {
	for _, q := range queries {
		for _, id := range q.Relevant {
			if all++; !known[id] {
				unknown++
			}
		}
	}
	return unknown, all
}

// maxLine bounds a line of a file.
const maxLine = 4 << 20

// lines calls f with each line that is not empty.
func lines(path string, f func([]byte) error) error {
	in, err := os.Open(path)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "%s cannot be read", path)
	}
	defer in.Close()
	sc := bufio.NewScanner(in)
	sc.Buffer(nil, maxLine)
	for n := 1; sc.Scan(); n++ {
		if len(strings.TrimSpace(sc.Text())) == 0 {
			continue
		}
		if err := f(sc.Bytes()); err != nil {
			return fault.Wrap(err, fault.Invalid, "%s, line %d cannot be read", path, n)
		}
	}
	if err := sc.Err(); err != nil {
		return fault.Wrap(err, fault.Invalid, "%s cannot be read", path)
	}
	return nil
}
