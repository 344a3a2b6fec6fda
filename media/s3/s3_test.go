package s3_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"selfie/internal/fault"
	"selfie/media"
	"selfie/media/mediatest"
	"selfie/media/s3"
	"selfie/media/s3test"
)

func open(t *testing.T, config s3.Config) *s3.Store {
	t.Helper()
	s, err := s3.Open(config)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Each store is a prefix of one bucket, so the suite shows too that prefixes are
// worlds apart.
func TestStore(t *testing.T) {
	config, n := s3test.Start(t), 0
	mediatest.Run(t, func(t *testing.T) media.Store {
		n++
		config := config
		config.Prefix = fmt.Sprintf("run/%d/", n)
		return open(t, config)
	})
}

func TestCheckTellsWhatIsWrong(t *testing.T) {
	config := s3test.Start(t)
	for _, test := range []struct {
		name, want string
		spoil      func(*s3.Config)
	}{
		{"bucket", "does not exist", func(c *s3.Config) { c.Bucket = "another" }},
		{"secret", "credentials", func(c *s3.Config) { c.SecretKey = "wrong" }},
		{"access key", "credentials", func(c *s3.Config) { c.AccessKey = "nobody" }},
		{"nobody there", "right now", func(c *s3.Config) { c.Endpoint = "127.0.0.1:1" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			spoiled := config
			test.spoil(&spoiled)
			err := open(t, spoiled).Check(t.Context())
			f, ok := fault.As(err)
			if !ok || f.Kind != fault.Unavailable || !strings.Contains(f.Public, test.want) {
				t.Errorf("got %v, want unavailable with %q", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), config.SecretKey) {
				t.Error("the error shows the secret")
			}
		})
	}
}

func TestConfigIsChecked(t *testing.T) {
	good := s3.Config{Endpoint: "s3.example.com", Bucket: "pictures"}
	for name, spoil := range map[string]func(*s3.Config){
		"scheme":    func(c *s3.Config) { c.Endpoint = "https://s3.example.com" },
		"path":      func(c *s3.Config) { c.Endpoint = "s3.example.com/x" },
		"endpoint":  func(c *s3.Config) { c.Endpoint = "" },
		"bucket":    func(c *s3.Config) { c.Bucket = "" },
		"prefix":    func(c *s3.Config) { c.Prefix = "no-slash" },
		"traversal": func(c *s3.Config) { c.Prefix = "../" },
	} {
		config := good
		spoil(&config)
		if _, err := s3.Open(config); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
	if _, err := s3.Open(good); err != nil {
		t.Errorf("a good configuration: %v", err)
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	const secret = "correct-horse-battery-staple"
	config := s3.Config{Endpoint: "s3.example.com", Bucket: "pictures", SecretKey: secret}
	nested := struct{ S3 s3.Config }{config}
	encoded, err := json.Marshal(nested)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("starting", "config", config, "pointer", &config, "nested", nested)
	}
	shown := fmt.Sprintf("%v %+v %#v %s %v %+v %#v", config, config, config, config, nested, nested, nested)
	for where, text := range map[string]string{"fmt": shown, "json": string(encoded), "slog": log.String()} {
		if strings.Contains(text, secret) {
			t.Errorf("%s shows the secret: %s", where, text)
		}
	}
	if !strings.Contains(shown, "pictures") || !strings.Contains(shown, "[redacted]") {
		t.Errorf("the rest is not shown: %s", shown)
	}
}
