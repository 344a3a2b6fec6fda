package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"selfie/media/s3"
	"selfie/moderation"
	"selfie/reputation"
)

// Config is everything an operator can set: by flag, by environment variable
// (SELFIE_ and the flag's name), or in a JSON file named by --config.
type Config struct {
	Data          string            `help:"Data directory: database, pictures, search index." default:"data" env:"SELFIE_DATA" type:"path"`
	Mongo         string            `help:"MongoDB URI. Empty: the embedded SQLite in the data directory." env:"SELFIE_MONGO"`
	MongoDatabase string            `help:"MongoDB database." default:"selfie" env:"SELFIE_MONGO_DATABASE"`
	S3Endpoint    string            `name:"s3-endpoint" help:"S3 host[:port]. Empty: pictures on disk in the data directory." env:"SELFIE_S3_ENDPOINT"`
	S3Bucket      string            `name:"s3-bucket" help:"S3 bucket." env:"SELFIE_S3_BUCKET"`
	S3Region      string            `name:"s3-region" help:"S3 region." default:"us-east-1" env:"SELFIE_S3_REGION"`
	S3AccessKey   string            `name:"s3-access-key" help:"S3 access key." env:"SELFIE_S3_ACCESS_KEY"`
	S3SecretKey   string            `name:"s3-secret-key" help:"S3 secret key." env:"SELFIE_S3_SECRET_KEY"`
	S3Plain       bool              `name:"s3-plain" help:"Speak to S3 without TLS." env:"SELFIE_S3_PLAIN"`
	S3Prefix      string            `name:"s3-prefix" help:"Put before every key in the bucket." env:"SELFIE_S3_PREFIX"`
	S3Presign     bool              `name:"s3-presign" help:"Let browsers fetch pictures from S3, by addresses that live for a minute." env:"SELFIE_S3_PRESIGN"`
	S3Public      string            `name:"s3-public" help:"Where browsers reach S3, like https://pictures.example.com. Empty: the endpoint." env:"SELFIE_S3_PUBLIC"`
	Media         string            `help:"Where pictures are kept: disk, disk:DIR, s3 or s3://BUCKET/PREFIX. Empty: s3 when an S3 endpoint is set, else disk." env:"SELFIE_MEDIA"`
	MediaFallback string            `name:"media-fallback" help:"Where pictures are read from that are not there yet, named alike: while they are moved." env:"SELFIE_MEDIA_FALLBACK"`
	BaseURL       string            `name:"base-url" help:"The address people use, for links in mail." default:"http://localhost:8080" env:"SELFIE_BASE_URL"`
	SMTP          string            `name:"smtp" help:"Mail server host:port. Empty: mail is kept and shown to admins." env:"SELFIE_SMTP"`
	SMTPUser      string            `name:"smtp-user" help:"Mail server account." env:"SELFIE_SMTP_USER"`
	SMTPPassword  string            `name:"smtp-password" help:"Mail server password." env:"SELFIE_SMTP_PASSWORD"`
	SMTPPlain     bool              `name:"smtp-plain" help:"Speak to the mail server without TLS." env:"SELFIE_SMTP_PLAIN"`
	MailFrom      string            `name:"mail-from" help:"Sender of mail." default:"selfie@localhost" env:"SELFIE_MAIL_FROM"`
	Company       string            `help:"How the company signs an agent's answer." default:"Support" env:"SELFIE_COMPANY"`
	HoldPosts     int64             `name:"hold-posts" help:"Hold a newcomer's posts for a moderator until so many were shown." default:"0" env:"SELFIE_HOLD_POSTS"`
	HoldImages    bool              `name:"hold-images" help:"Hold the first picture of a newcomer." env:"SELFIE_HOLD_IMAGES"`
	HoldLinks     bool              `name:"hold-links" help:"Hold the first link of a newcomer." env:"SELFIE_HOLD_LINKS"`
	Privileges    reputation.Preset `help:"How much reputation privileges ask for: team (none), growing or mature." default:"growing" enum:"team,growing,mature" env:"SELFIE_PRIVILEGES"`
	RTURL         string            `name:"rt-url" help:"Request Tracker's address: cases become tickets there. Empty: the built-in desk alone." env:"SELFIE_RT_URL"`
	RTToken       string            `name:"rt-token" help:"Token of the connector's account, as setup.pl prints it." env:"SELFIE_RT_TOKEN"`
	RTAccount     string            `name:"rt-account" help:"Login name of that account." default:"selfie" env:"SELFIE_RT_ACCOUNT"`
	RTQueue       string            `name:"rt-queue" help:"Queue for the community's tickets." default:"Community" env:"SELFIE_RT_QUEUE"`
	RTHookSecret  string            `name:"rt-hook-secret" help:"Secret (whsec_...) that signs hints from RT to /hooks/desks/rt." env:"SELFIE_RT_HOOK_SECRET"`
	RTPoll        Duration          `name:"rt-poll" help:"How often RT is asked for changes." default:"15s" env:"SELFIE_RT_POLL"`
	RTQuiet       Duration          `name:"rt-quiet" help:"How long a request to RT whose answer was lost may still take effect: longer than RT, and every proxy before it, keeps one alive." default:"2m" env:"SELFIE_RT_QUIET"`
	WidgetOrigins []string          `name:"widget-origins" help:"Sites whose pages may show the search widget, like https://shop.example.com. None: it is off." env:"SELFIE_WIDGET_ORIGINS"`
	VisitLength   Duration          `name:"deflection-session" help:"Without a sign for so long, a visitor's attempt to find an answer is over." default:"30m" env:"SELFIE_DEFLECTION_SESSION"`
	VisitWindow   Duration          `name:"deflection-window" help:"Who asks about the same within it was not helped after all." default:"168h" env:"SELFIE_DEFLECTION_WINDOW"`
	OCR           string            `name:"ocr" help:"The program tesseract, which reads the text in pictures: its path, or off. Empty: found on PATH." env:"SELFIE_OCR"`
	OCRLanguages  string            `name:"ocr-languages" help:"Languages that pictures are read in, as tesseract names them: eng+deu." default:"eng" env:"SELFIE_OCR_LANGUAGES"`
	AVIF          string            `name:"avif" help:"The program avifdec, by which AVIF pictures are taken: its path, or off. Empty: found on PATH." env:"SELFIE_AVIF"`
	LogLevel      string            `name:"log-level" help:"debug, info, warn or error." default:"info" enum:"debug,info,warn,error" env:"SELFIE_LOG_LEVEL"`
	LogJSON       bool              `name:"log-json" help:"Log as JSON lines." env:"SELFIE_LOG_JSON"`
	building      bool              // the store is thrown away unless it is finished
	Poll          Duration          `help:"How often a node looks for writes of other nodes." default:"500ms" env:"SELFIE_POLL"`
}

// Duration is a time.Duration that kong and JSON read as text ("500ms").
type Duration time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}

// String writes the duration as text.
func (d Duration) String() string { return time.Duration(d).String() }

func (c *Config) logger() *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(c.LogLevel)) // the flag is an enum
	o := &slog.HandlerOptions{Level: level}
	if c.LogJSON {
		return slog.New(slog.NewJSONHandler(os.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, o))
}

func (c *Config) s3() s3.Config {
	return s3.Config{Endpoint: c.S3Endpoint, Bucket: c.S3Bucket, Region: c.S3Region, AccessKey: c.S3AccessKey, SecretKey: c.S3SecretKey, TLS: !c.S3Plain, Prefix: c.S3Prefix, Public: c.S3Public}
}

func (c *Config) holdRules() moderation.HoldRules {
	return moderation.HoldRules{FirstPosts: c.HoldPosts, Images: c.HoldImages, Links: c.HoldLinks}
}

func (c *Config) sqlitePath() string { return filepath.Join(c.Data, "selfie.db") }
func (c *Config) blobDir() string    { return filepath.Join(c.Data, "blobs") }
func (c *Config) indexDir() string   { return filepath.Join(c.Data, "search") }

// LogValue is the configuration for logs, with its secrets hidden.
func (c *Config) LogValue() slog.Value {
	engine := "sqlite " + c.sqlitePath()
	if c.Mongo != "" {
		engine = "mongodb " + withoutPassword(c.Mongo) + " database " + c.MongoDatabase
	}
	blobs := c.picturesPlace().String()
	if c.MediaFallback != "" {
		blobs += ", else " + c.MediaFallback
	}
	mail := "kept"
	if c.SMTP != "" {
		mail = fmt.Sprintf("%s as %q", c.SMTP, c.SMTPUser)
	}
	return slog.GroupValue(slog.String("store", engine), slog.String("pictures", blobs), slog.String("mail", mail), slog.String("base_url", c.BaseURL))
}

// withoutPassword hides the account part of a URI.
func withoutPassword(uri string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "[redacted]"
	}
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		rest = "[redacted]@" + rest[i+1:]
	}
	host, _, _ := strings.Cut(rest, "?")
	return scheme + "://" + host
}
