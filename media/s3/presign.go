package s3

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// openPublic prepares the signing of addresses for browsers.
func (s *Store) openPublic(config Config) error {
	s.public = s.client
	if config.Public != "" {
		u, err := url.Parse(config.Public)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || config.Public != u.Scheme+"://"+u.Host {
			return fault.Field("public", "The public address of S3 must be like https://pictures.example.com, without a path.")
		}
		client, err := connect(config, u.Host, u.Scheme == "https")
		if err != nil {
			return fault.Wrap(err, fault.Invalid, "The public address of S3 must be like https://pictures.example.com, without a path.")
		}
		s.public = *client
	}
	if config.AccessKey == "" || config.SecretKey == "" {
		return nil // nobody to sign as
	}
	sample, err := s.public.PresignedGetObject(context.Background(), s.bucket, s.prefix+"origin", media.MaxPresign, nil)
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "The S3 settings cannot sign an address.")
	}
	s.origin = sample.Scheme + "://" + sample.Host
	return nil
}

// Origin implements media.Presigner.
func (s *Store) Origin() string { return s.origin }

// Presign implements media.Presigner. Browsers may keep the bytes for the life of
// the address and no longer.
func (s *Store) Presign(ctx context.Context, key, contentType string, life time.Duration) (link string, until time.Time, err error) {
	if err := media.CheckKey(key); err != nil {
		return "", until, err
	}
	life = min(max(life.Truncate(time.Second), time.Second), media.MaxPresign)
	forced := url.Values{}
	forced.Set("response-content-type", contentType)
	forced.Set("response-content-disposition", "inline")
	forced.Set("response-cache-control", "private, max-age="+strconv.Itoa(int(life.Seconds()))+", immutable")
	until = time.Now().Add(life) // by the clock that signs
	u, err := s.public.PresignedGetObject(ctx, s.bucket, s.prefix+key, life, forced)
	if err != nil {
		return "", until, failed(err)
	}
	return u.String(), until, nil
}
