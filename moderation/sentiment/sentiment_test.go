package sentiment_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"selfie/moderation/sentiment"
)

func TestAngryAndCalm(t *testing.T) {
	s := sentiment.New()
	for _, text := range []string{
		"This is the worst support I ever had. I want my money back, you are liars!!",
		"THIRD time this week and it is STILL broken. Totally useless, I am furious.",
		"Absolutely unacceptable. Your router is garbage and nobody helps!",
	} {
		if n, words := s.Negative(text); n < 0.6 || len(words) == 0 {
			t.Errorf("%.2f %v: %s", n, words, text)
		}
	}
	for _, text := range []string{
		"", "How do I change the wifi password?",
		"The light is red since the update, what does it mean?",
		"Thanks, that was perfect, everything works now!",
		"Not bad at all.", "I have no problem with the app.",
		"Could not find the reset button.\n\nIs it on the back?\n\n```\nerror 0x80070057\n```",
	} {
		if n, words := s.Negative(text); n >= 0.6 {
			t.Errorf("%.2f %v: %s", n, words, text)
		}
	}
}

func TestNegationStaysInItsSentence(t *testing.T) {
	s := sentiment.New()
	a, b := s.Score("It is not. Great support here."), s.Score("It is not great support here.")
	if a.Compound <= 0 || b.Compound >= 0 {
		t.Errorf("apart %.2f, together %.2f", a.Compound, b.Compound)
	}
}

func FuzzScoreStaysInBounds(f *testing.F) {
	f.Add("I HATE this!!! not good, ünïcode’s fine\x00")
	s := sentiment.New()
	f.Fuzz(func(t *testing.T, text string) {
		sc := s.Score(text)
		if sc.Negative < 0 || sc.Negative > 1 || sc.Compound < -1 || sc.Compound > 1 || len(sc.Words) > 100 {
			t.Fatalf("%+v", sc)
		}
	})
}

// BenchmarkJudged measures agreement with judged sentences in the folder that
// SELFIE_SENTIMENT_DATA names: how many angry or negative ones score above the
// threshold, and how many others do.
func BenchmarkJudged(b *testing.B) {
	dir := os.Getenv("SELFIE_SENTIMENT_DATA")
	if dir == "" {
		b.Skip("NOT RUN: judged sentences; set SELFIE_SENTIMENT_DATA")
	}
	s := sentiment.New()
	for _, name := range []string{"goemotions.jsonl", "uci_sentences.jsonl"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				judge(b, s, filepath.Join(dir, name))
			}
		})
	}
}

func judge(b *testing.B, s *sentiment.Scorer, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var neg, other []float64
	for in := bufio.NewScanner(f); in.Scan(); {
		var row struct {
			Text, Label, Split string
			Angry              bool
		}
		if json.Unmarshal(in.Bytes(), &row) != nil || row.Split == "test" {
			continue
		}
		c := -s.Score(row.Text).Compound
		if row.Label == "neg" {
			neg = append(neg, c)
		} else {
			other = append(other, c)
		}
	}
	b.ReportMetric(auc(neg, other), "AUC")
	b.ReportMetric(share(neg, 0.6), "caught@0.6")
	b.ReportMetric(share(other, 0.6), "false@0.6")
}

func share(list []float64, at float64) float64 {
	n := 0
	for _, x := range list {
		if x >= at {
			n++
		}
	}
	return float64(n) / float64(max(len(list), 1))
}

// auc is the chance that a negative sentence scores above another.
func auc(neg, other []float64) float64 {
	slices.Sort(other)
	var sum float64
	for _, x := range neg {
		lo, _ := slices.BinarySearch(other, x)
		hi := lo
		for hi < len(other) && other[hi] == x {
			hi++
		}
		sum += float64(lo) + float64(hi-lo)/2
	}
	return sum / float64(len(neg)) / float64(max(len(other), 1))
}
