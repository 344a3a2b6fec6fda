package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	_ "modernc.org/sqlite" // the driver
)

// applicationID marks a file as ours in its header ("Slfi").
const applicationID = 0x536c6669

// prepareFile makes the folder and an empty file before SQLite does, so that the
// file, and the log and its index which take over its mode, are private.
func prepareFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("sqlite: %w", err)
	}
	return f.Close()
}

// dsn names a file and the pragmas of a connection to it. mode=rw: the file must
// be there.
func dsn(path string, pragmas ...string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("sqlite: %w", err)
	}
	q := url.Values{"mode": {"rw"}, "_dqs": {"0"}, "_error_rc": {"1"}, "_pragma": pragmas}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: q.Encode()}
	return u.String(), nil
}

func (o options) pragmas() []string {
	return []string{
		"busy_timeout=" + strconv.FormatInt(o.busy.Milliseconds(), 10),
		"mmap_size=" + strconv.FormatInt(o.mmap, 10),
		"temp_store=memory",
	}
}

// writerPragmas: every commit is synced, unless told otherwise; the log is folded into the file each 4 MB
// and cut back after it once grew beyond 64 MB.
func (o options) writerPragmas() []string {
	return append(o.pragmas(),
		"journal_mode=wal", "synchronous="+o.sync, "cache_size=-8192",
		"wal_autocheckpoint=1000", "journal_size_limit=67108864")
}

func openPool(path string, conns int, pragmas []string) (*sql.DB, error) {
	name, err := dsn(path, pragmas...)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", name)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %w", err)
	}
	db.SetMaxOpenConns(conns)
	db.SetMaxIdleConns(conns)
	if err := db.Ping(); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: open %s: %w", path, err), db.Close())
	}
	return db, nil
}

func openReaders(path string, o options) (*sql.DB, error) {
	return openPool(path, o.readers, append(o.pragmas(), "query_only=1"))
}

// absent reports whether nothing stands at path.
func absent(path string) bool {
	_, err := os.Lstat(path)
	return errors.Is(err, fs.ErrNotExist)
}
