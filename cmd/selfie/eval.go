package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"

	"selfie/community"
	"selfie/internal/fault"
	"selfie/search"
	"selfie/search/eval"
)

type searchCmd struct {
	Learn learnCmd `cmd:"" help:"Learn anew, from duplicates and from what solved a visitor's problem, how much links count (with the server stopped); every node heeds it."`
	Eval  evalCmd  `cmd:"" help:"Measure how well search ranks, on judged queries."`
}

// evalCmd measures search on sets on paper, or on the community's own threads.
type evalCmd struct {
	Files []string `arg:"" name:"file" help:"A directory with threads.jsonl, queries.jsonl and duplicates.tsv, or a file of queries to ask this community's index."`
}

// Run prints a table for each file.
func (c evalCmd) Run(ctx context.Context, conf *Config) error {
	for _, path := range c.Files {
		info, err := os.Stat(path)
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "%s cannot be read", path)
		}
		if info.IsDir() {
			err = evalSet(ctx, path)
		} else {
			err = evalCommunity(ctx, conf, path)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func evalSet(ctx context.Context, dir string) error {
	set, err := eval.ReadSet(dir)
	if err != nil {
		return err
	}
	rows, learned, err := search.Try(ctx, set)
	if err != nil {
		return err
	}
	fmt.Printf("\n%s: %d threads, %d queries, %d links\n", set.Name, len(set.Threads), len(set.Queries), len(set.Links))
	printUnknown(set.Unknown())
	if len(set.Links) > 0 {
		printLearned(learned)
	}
	return printRows(rows)
}

func evalCommunity(ctx context.Context, conf *Config, path string) error {
	queries, err := eval.ReadQueries(path)
	if err != nil {
		return err
	}
	return withIndex(ctx, conf, func(x *search.Index) error {
		rows, err := x.Try(ctx, community.Actor{}, queries)
		if err != nil {
			return err
		}
		unknown, all, err := x.Unknown(ctx, community.Actor{}, queries)
		if err != nil {
			return err
		}
		fmt.Printf("\n%s: %d queries, asked as a guest\n", path, len(queries))
		printUnknown(unknown, all)
		return printRows(rows)
	})
}

// printUnknown says what no ranking can find.
func printUnknown(unknown, all int) {
	if unknown > 0 {
		fmt.Printf("Of %d relevant ids, %d cannot be found here at all: they count as missed.\n", all, unknown)
	}
}

func printRows(rows []search.Row) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "MAP\tMRR\tP@1\tR@10\tnDCG@10\tp50 ms\tp99 ms\t ranking\t")
	for _, r := range rows {
		fmt.Fprintf(w, "%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%.2f\t%.2f\t %s\t\n", 100*r.MAP, 100*r.MRR, 100*r.P1, 100*r.R10, 100*r.NDCG10,
			1000*r.P50.Seconds(), 1000*r.P99.Seconds(), r.Name)
	}
	return w.Flush()
}

// learnCmd learns from the community's duplicates and visitors.
type learnCmd struct{}

// Run prints what was learned.
func (learnCmd) Run(ctx context.Context, conf *Config) error {
	return withIndex(ctx, conf, func(x *search.Index) error {
		l, err := x.Learn(ctx)
		if err != nil {
			return err
		}
		printLearned(l)
		return nil
	})
}

func printLearned(l eval.Learned) {
	if l.Asked == 0 {
		fmt.Println("There are too few links to learn from: they count for nothing.")
		return
	}
	from := "duplicates"
	if l.Typed {
		from = "duplicates and visitors"
	}
	fmt.Printf("Learned from %s: alias %.2f, near %.2f, popular %.2f. MAP of %d held-out ones: %.1f without links, %.1f with what was tried.\n",
		from, l.Weights.Alias, l.Weights.Near, l.Weights.Popular, l.Asked, 100*l.Before, 100*l.After)
}
