package disk

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"selfie/media"
)

// List implements media.Store. It opens only the directories that can hold a key
// above after, and stops at limit.
func (s *Store) List(ctx context.Context, after string, limit int) ([]media.Info, error) {
	limit, err := media.CheckList(after, limit)
	if err != nil {
		return nil, err
	}
	l := lister{store: s, ctx: ctx, after: after, limit: limit}
	if err := l.walk("."); err != nil {
		return nil, failed(err)
	}
	return l.page, nil
}

type lister struct {
	store *Store
	ctx   context.Context
	after string
	limit int
	page  []media.Info
}

func (l *lister) walk(dir string) error {
	if err := l.ctx.Err(); err != nil {
		return err
	}
	entries, err := l.store.entries(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if len(l.page) == l.limit {
			return nil
		}
		if err := l.visit(strings.TrimPrefix(dir+"/"+e.Name(), "./"), e); err != nil {
			return err
		}
	}
	return nil
}

func (l *lister) visit(name string, e fs.DirEntry) error {
	if strings.HasPrefix(e.Name(), ".") {
		return nil
	}
	if e.IsDir() {
		prefix := name + "/"
		if prefix < l.after && !strings.HasPrefix(l.after, prefix) {
			return nil
		}
		return l.walk(name)
	}
	if name <= l.after || media.CheckKey(name) != nil {
		return nil
	}
	stat, err := e.Info()
	if errors.Is(err, fs.ErrNotExist) {
		return nil // deleted since the directory was read
	}
	if err != nil {
		return err
	}
	l.page = append(l.page, infoOf(name, stat))
	return nil
}
