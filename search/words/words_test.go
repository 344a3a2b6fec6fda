package words

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTokens(t *testing.T) {
	for _, c := range []struct {
		in   Language
		text string
		want string
	}{
		{English, "The routers don't connect", "router connect"},
		{English, "Ubuntu 12.04, kernel 3,5.", "ubuntu 12.04 kernel 3,5"},
		{English, "eth0 sources.list wifi-mesh", "eth0 sourc list wifi mesh"},
		{English, "Lamp’s lamps' LAMPS", "lamp lamp lamp"},
		{Neutral, "The routers don't connect", "the routers dont connect"},
		{"de", "Die Verbindungen der Häuser", "verbind haus"},
		{"fr", "Les connexions ne marchent pas", "connex marchent"},
		{"es", "Las conexiones fallan", "conexion fall"},
		{"pt", "As ligações não funcionam", "ligaco funcion"},
		{"it", "Le connessioni non funzionano", "connession funzion"},
		{"nl", "De verbindingen werken niet", "verbind werk"},
		{Russian, "Соединения не работают", "соединен работа"},
		{CJK, "無線接続 router 不", "無線 線接 接続 router 不"},
		{"fr", "L'ordinateur n’imprime pas, qu'il soit neuf", "ordin imprim neuf"},
		{"it", "dell'utente un'app L’ordine", "utent app ordin"},
		{English, "l'ordinateur", "lordinateur"},
		{"de", "Doku\u00admen\u00adte \u202eDru\u200dcker\u202c", "dokument druck"},
		{English, "rou\u200bter", "rou ter"},
		{English, "  …  ", ""},
	} {
		var got []string
		var a Analyzer
		for _, tok := range a.Tokens(c.text, c.in) {
			got = append(got, tok.Term)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s %q: %q, want %q", c.in, c.text, strings.Join(got, " "), c.want)
		}
	}
}

func TestDetect(t *testing.T) {
	for text, want := range map[string]Language{
		"How do I reset the router when it does not connect": English,
		"Router reset": English, // too short to tell
		"Wie kann ich den Router zurücksetzen, wenn er nicht geht":     "de",
		"Comment puis-je réinitialiser le routeur quand il ne va pas":  "fr",
		"Cómo puedo reiniciar el router cuando no se conecta a la red": "es",
		"Como posso reiniciar o router quando ele não liga à rede":     "pt",
		"Come posso ripristinare il router quando non si collega":      "it",
		"Hoe kan ik de router opnieuw instellen als hij niet werkt":    "nl",
		"Как мне сбросить роутер, если он не работает":                 Russian,
		"ルーターが接続できません":                                                 CJK,
		"라우터가 연결되지 않습니다":                                               CJK,
		"Jak zresetować router gdy nie łączy się z siecią domową":      Neutral,
		"": Neutral,
	} {
		if got := Detect(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// FuzzTokens: tokens stand in their order, on whole characters, and have terms.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{"don't 12.04 x", "a.b.c ’’ 1.", "無線 x\xff\x00é", "İSTANBUL ΑΣ ß", strings.Repeat("é", 100)} {
		f.Add(s)
	}
	var a Analyzer
	f.Fuzz(func(t *testing.T, text string) {
		for _, in := range append(slices.Clone(Languages), Neutral, CJK) {
			at, position := 0, 0
			for _, tok := range a.Tokens(text, in) {
				if tok.Start < at || tok.End <= tok.Start || tok.End > len(text) || tok.Position <= position {
					t.Fatalf("%+v behind %d in %q", tok, at, text)
				}
				if in != CJK && in != Neutral && utf8.ValidString(text) && tok.Term == "" || len(tok.Term) > maxTerm {
					t.Fatalf("term %q", tok.Term)
				}
				at, position = tok.Start, tok.Position
			}
		}
		_ = Detect(text)
	})
}
