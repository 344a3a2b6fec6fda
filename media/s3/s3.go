// Package s3 keeps blobs in a bucket of Amazon S3 or of any server that speaks its
// protocol.
package s3

import (
	"bytes"
	"cmp"
	"context"
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"selfie/internal/fault"
	"selfie/media"
)

const (
	defaultRegion  = "us-east-1"
	defaultTimeout = 30 * time.Second
	maxTries       = 4 // with backoff in between, all within Timeout
)

var prefixPattern = regexp.MustCompile(`^([A-Za-z0-9_-][A-Za-z0-9._-]*/)*$`)

// Store implements media.Store over a bucket. It is safe for concurrent use.
type Store struct {
	client  minio.Core
	public  minio.Core // signs what browsers fetch: the signature is over the host too
	origin  string
	bucket  string
	prefix  string
	region  string
	timeout time.Duration
}

// Open returns the store that config describes. It calls nobody: whether the
// bucket is there and may be written is for Check to say.
func Open(config Config) (*Store, error) {
	if !prefixPattern.MatchString(config.Prefix) {
		return nil, fault.Field("prefix", "An S3 prefix is empty or consists of names that each end in “/”.")
	}
	if config.Bucket == "" {
		return nil, fault.Field("bucket", "The name of the S3 bucket is missing.")
	}
	config.Region = cmp.Or(config.Region, defaultRegion)
	client, err := connect(config, config.Endpoint, config.TLS)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "The S3 endpoint must be a host or host:port, without http://.")
	}
	s := &Store{client: *client, bucket: config.Bucket, prefix: config.Prefix, region: config.Region,
		timeout: cmp.Or(config.Timeout, defaultTimeout)}
	return s, s.openPublic(config)
}

// connect makes a client of an address; it calls nobody.
func connect(config Config, endpoint string, tls bool) (*minio.Core, error) {
	return minio.NewCore(endpoint, &minio.Options{
		Creds:      credentials.NewStaticV4(config.AccessKey, config.SecretKey, ""),
		Secure:     tls,
		Region:     config.Region,
		MaxRetries: maxTries,
	})
}

// Put implements media.Store. The blob is read whole before the first byte leaves:
// so a reader that fails leaves nothing, the request can be repeated, and the
// server verifies both digests.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, size int64, contentType string) error {
	if err := media.CheckPut(key, size); err != nil {
		return err
	}
	buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	in := media.ExactReader(ctx, r, size)
	if _, err := buf.ReadFrom(in); err != nil && in.Err() != nil {
		return in.Err()
	}
	return s.put(ctx, s.prefix+key, buf.Bytes(), contentType)
}

func (s *Store) put(ctx context.Context, object string, data []byte, contentType string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	sum5, sum256 := md5.Sum(data), sha256.Sum256(data)
	var err error
	for range maxTries { // the client repeats all but a conflict with another writer, which passes as quickly
		_, err = s.client.PutObject(ctx, s.bucket, object, bytes.NewReader(data), int64(len(data)),
			base64.StdEncoding.EncodeToString(sum5[:]), hex.EncodeToString(sum256[:]),
			minio.PutObjectOptions{ContentType: contentType})
		if minio.ToErrorResponse(err).StatusCode != http.StatusConflict {
			break
		}
	}
	return failed(err)
}

// Open implements media.Store. Timeout bounds the wait for the first byte; after
// that the caller's context does.
func (s *Store) Open(ctx context.Context, key string) (io.ReadCloser, media.Info, error) {
	if err := media.CheckKey(key); err != nil {
		return nil, media.Info{}, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(s.timeout, func() { cancel(context.DeadlineExceeded) })
	body, object, _, err := s.client.GetObject(ctx, s.bucket, s.prefix+key, minio.GetObjectOptions{})
	timer.Stop()
	if err != nil {
		err = failed(errors.Join(err, context.Cause(ctx)))
		cancel(nil)
		return nil, media.Info{}, err
	}
	return &reader{body, cancel}, s.info(object, key), nil
}

// reader is an object's body that ends its request when it is closed.
type reader struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (r *reader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = failed(err)
	}
	return n, err
}

func (r *reader) Close() error {
	r.cancel(nil)
	return r.ReadCloser.Close()
}

func (s *Store) info(o minio.ObjectInfo, key string) media.Info {
	return media.Info{Key: key, Size: o.Size, Modified: o.LastModified.UTC()}
}

// Stat implements media.Store.
func (s *Store) Stat(ctx context.Context, key string) (media.Info, error) {
	if err := media.CheckKey(key); err != nil {
		return media.Info{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	object, err := s.client.StatObject(ctx, s.bucket, s.prefix+key, minio.StatObjectOptions{})
	if err != nil {
		return media.Info{}, failed(errors.Join(err, ctx.Err()))
	}
	return s.info(object, key), nil
}

// Delete implements media.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := media.CheckKey(key); err != nil {
		return err
	}
	return s.remove(ctx, s.prefix+key)
}

func (s *Store) remove(ctx context.Context, object string) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := failed(s.client.RemoveObject(ctx, s.bucket, object, minio.RemoveObjectOptions{}))
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

// List implements media.Store.
func (s *Store) List(ctx context.Context, after string, limit int) ([]media.Info, error) {
	limit, err := media.CheckList(after, limit)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	options := minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true, MaxKeys: limit}
	if after != "" {
		options.StartAfter = s.prefix + after
	}
	var page []media.Info
	for object := range s.client.ListObjectsIter(ctx, s.bucket, options) {
		if object.Err != nil {
			return nil, failed(object.Err)
		}
		key := strings.TrimPrefix(object.Key, s.prefix)
		if media.CheckKey(key) != nil || key <= after {
			continue // not ours: a probe, a folder's marker, another program's
		}
		if page = append(page, s.info(object, key)); len(page) == limit {
			return page, nil
		}
	}
	return page, failed(ctx.Err())
}

// Check implements media.Store.
func (s *Store) Check(ctx context.Context) error {
	probe := s.prefix + ".probe-" + rand.Text()
	if err := s.put(ctx, probe, []byte("probe"), "text/plain"); err != nil {
		return err
	}
	return s.remove(ctx, probe)
}

// MakeBucket creates the bucket unless it is there and ours.
func (s *Store) MakeBucket(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.client.MakeBucket(ctx, s.bucket, minio.MakeBucketOptions{Region: s.region})
	if minio.ToErrorResponse(err).Code == minio.BucketAlreadyOwnedByYou {
		return nil
	}
	return failed(err)
}

// failed gives err the kind that media.Store promises.
func failed(err error) error {
	const later = "Pictures cannot be stored or read right now. Try again later."
	if err == nil {
		return nil
	}
	response := minio.ErrorResponse{}
	errors.As(err, &response)
	switch response.Code {
	case minio.NoSuchBucket:
		return fault.Wrap(err, fault.Unavailable, "The S3 bucket for pictures does not exist.")
	case minio.AccessDenied, "SignatureDoesNotMatch", "InvalidAccessKeyId", "XAdminUserNotFound": // the last is versitygw's word for the third
		return fault.Wrap(err, fault.Unavailable, "The S3 server refuses the credentials for pictures.")
	case minio.NoSuchKey:
		return fault.Wrap(err, fault.NotFound, "This picture does not exist.")
	default:
		return fault.Wrap(err, fault.Unavailable, later)
	}
}
