# Everything a person needs: run it, test it, measure it.
SHELL := /bin/bash
DATA  ?=
DUMP  ?=
GO    ?= go

.PHONY: run demo test soak bench fmt build deps

## run: start a community worth looking at on http://localhost:8080; DUMP=folder brings in
## a Stack Exchange data dump instead; DATA=folder keeps it
run demo: build
	./bin/selfie $(if $(DATA),--data $(DATA)) demo $(if $(DUMP),--dump $(DUMP))

build:
	@mkdir -p bin
	$(GO) build -o bin/selfie ./cmd/selfie

## test: install what the tests need, then build, vet, check and test everything
test:
	@./.ci/test

## soak: the long forms: hundreds of kills, a hundred thousand threads, a whole imported
## site (SELFIE_SE_DUMP=folder of a Stack Exchange dump; else one made for it)
soak:
	SELFIE_SOAK=1 $(GO) test -p 1 -count=1 -timeout 3h -run 'Soak|Kill' -v ./cmd/... ./internal/... ./community/archive

## bench: ratios and figures, from one run
bench:
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 1h ./...

## fmt: format the code
fmt:
	gofmt -w $$(git ls-files '*.go')
