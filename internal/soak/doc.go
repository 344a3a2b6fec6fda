// Package soak tries the finished program as its operators run it: real
// processes that are killed, filled with a hundred thousand threads, fed with a
// whole site, and put beside one another over one database.
//
// Its tests have a short form, for every day, and a long one when SELFIE_SOAK=1
// (make soak). Its benchmarks report ratios from one run (make bench).
package soak
