package archive

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
)

// Report says what became of everything that was read. It may be filled by many
// goroutines at once; read it when the import has returned.
type Report struct {
	mu      sync.Mutex
	Tallies []*Tally // in the order of the work
}

// Tally counts one kind of thing. Read is Written, Here and all of Skipped.
type Tally struct {
	Name    string
	Read    int64
	Written int64
	Here    int64            // in the store already, left alone
	Skipped map[string]int64 // by reason

	report *Report
}

// Of returns the tally of that name, or an empty one.
func (r *Report) Of(name string) *Tally {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.Tallies {
		if t.Name == name {
			return t
		}
	}
	t := &Tally{Name: name, Skipped: map[string]int64{}, report: r}
	r.Tallies = append(r.Tallies, t)
	return t
}

func (t *Tally) add(field *int64) {
	t.report.mu.Lock()
	defer t.report.mu.Unlock()
	t.Read++
	*field++
}

func (t *Tally) wrote(inserted bool) {
	if inserted {
		t.add(&t.Written)
	} else {
		t.add(&t.Here)
	}
}

func (t *Tally) skip(reason string) { t.skipped(reason, 1) }

func (t *Tally) skipped(reason string, n int64) {
	t.report.mu.Lock()
	defer t.report.mu.Unlock()
	t.Read += n
	t.Skipped[reason] += n
}

// Print writes the report as a table.
func (r *Report) Print(w io.Writer) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tread\twritten\talready here\tskipped\t")
	for _, t := range r.Tallies {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", t.Name, t.Read, t.Written, t.Here, t.Read-t.Written-t.Here)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	return r.printReasons(w)
}

func (r *Report) printReasons(w io.Writer) error {
	var b strings.Builder
	for _, t := range r.Tallies {
		var reasons []string
		for reason := range t.Skipped {
			reasons = append(reasons, reason)
		}
		slices.SortFunc(reasons, func(a, b string) int {
			if d := t.Skipped[b] - t.Skipped[a]; d != 0 {
				return int(d)
			}
			return strings.Compare(a, b)
		})
		for _, reason := range reasons {
			fmt.Fprintf(&b, "%8d  %s: %s\n", t.Skipped[reason], t.Name, reason)
		}
	}
	if b.Len() == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "\nSkipped, and why:\n%s", b.String())
	return err
}
