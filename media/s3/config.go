package s3

import (
	"fmt"
	"log/slog"
	"time"
)

// Config says where the bucket is and who we are to it. However it is printed,
// logged or encoded, SecretKey is not shown.
type Config struct {
	Endpoint  string        `json:"endpoint"` // host or host:port, without a scheme
	Bucket    string        `json:"bucket"`
	Region    string        `json:"region"` // "us-east-1" when empty
	AccessKey string        `json:"access_key"`
	SecretKey string        `json:"-"`
	TLS       bool          `json:"tls"`
	Prefix    string        `json:"prefix"`  // put before every key, such as "selfie/"; may be empty
	Public    string        `json:"public"`  // where browsers reach the endpoint, with its scheme; the endpoint itself when empty
	Timeout   time.Duration `json:"timeout"` // of one call, retries included; 30 s when 0
}

const redacted = "[redacted]"

// String describes the configuration without its secret.
func (c Config) String() string {
	return fmt.Sprintf("s3{endpoint:%s bucket:%s region:%s access_key:%s secret_key:%s tls:%t prefix:%s public:%s timeout:%s}",
		c.Endpoint, c.Bucket, c.Region, c.AccessKey, c.hidden(), c.TLS, c.Prefix, c.Public, c.Timeout)
}

// GoString is String, for %#v.
func (c Config) GoString() string { return c.String() }

// LogValue is the configuration for slog, without its secret.
func (c Config) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("endpoint", c.Endpoint), slog.String("bucket", c.Bucket), slog.String("region", c.Region),
		slog.String("access_key", c.AccessKey), slog.String("secret_key", c.hidden()),
		slog.Bool("tls", c.TLS), slog.String("prefix", c.Prefix), slog.String("public", c.Public), slog.Duration("timeout", c.Timeout))
}

func (c Config) hidden() string {
	if c.SecretKey == "" {
		return ""
	}
	return redacted
}
