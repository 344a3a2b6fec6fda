package mediatest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"sync"
	"time"

	"selfie/internal/fault"
	"selfie/media"
)

// Memory is a media.Store for tests of what is done with stores: quick, and with a
// clock of its own. It passes the suite too.
type Memory struct {
	now func() time.Time

	mu    sync.Mutex
	blobs map[string]memoryBlob
}

type memoryBlob struct {
	data []byte
	at   time.Time
}

// NewMemory returns an empty store whose blobs are put by the clock now.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, blobs: map[string]memoryBlob{}}
}

// Put implements media.Store.
func (m *Memory) Put(ctx context.Context, key string, r io.Reader, size int64, _ string) error {
	if err := media.CheckPut(key, size); err != nil {
		return err
	}
	in := media.ExactReader(ctx, r, size)
	data, err := io.ReadAll(in)
	if err != nil {
		return in.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs[key] = memoryBlob{data, m.now()}
	return nil
}

func (m *Memory) get(ctx context.Context, key string) (memoryBlob, media.Info, error) {
	if err := admit(ctx, key); err != nil {
		return memoryBlob{}, media.Info{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b, ok := m.blobs[key]
	if !ok {
		return b, media.Info{}, fault.New(fault.NotFound, "This picture does not exist.")
	}
	return b, b.info(key), nil
}

func (b memoryBlob) info(key string) media.Info {
	return media.Info{Key: key, Size: int64(len(b.data)), Modified: b.at.UTC()}
}

func admit(ctx context.Context, key string) error {
	if err := media.CheckKey(key); err != nil {
		return err
	}
	return alive(ctx)
}

func alive(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fault.Wrap(err, fault.Unavailable, "Pictures cannot be stored or read right now.")
	}
	return nil
}

// Open implements media.Store.
func (m *Memory) Open(ctx context.Context, key string) (io.ReadCloser, media.Info, error) {
	b, info, err := m.get(ctx, key)
	if err != nil {
		return nil, info, err
	}
	return io.NopCloser(bytes.NewReader(b.data)), info, nil
}

// Stat implements media.Store.
func (m *Memory) Stat(ctx context.Context, key string) (media.Info, error) {
	_, info, err := m.get(ctx, key)
	return info, err
}

// Delete implements media.Store.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := admit(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, key)
	return nil
}

// List implements media.Store.
func (m *Memory) List(ctx context.Context, after string, limit int) ([]media.Info, error) {
	limit, err := media.CheckList(after, limit)
	if err == nil {
		err = alive(ctx)
	}
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for k := range m.blobs {
		if k > after {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	var page []media.Info
	for _, k := range keys[:min(limit, len(keys))] {
		page = append(page, m.blobs[k].info(k))
	}
	return page, nil
}

// Check implements media.Store.
func (m *Memory) Check(ctx context.Context) error { return alive(ctx) }
