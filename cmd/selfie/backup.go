package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"selfie/internal/fault"
	"selfie/internal/store/sqlite"
	"selfie/media"
	"selfie/media/disk"
)

// manifest describes a backup. It is written last: a folder without it is not
// a whole backup.
type manifest struct {
	Format  int       `json:"format"`
	Made    time.Time `json:"made"`
	Version string    `json:"version"`
	Blobs   int       `json:"blobs"`
	Bytes   int64     `json:"bytes"`
}

const manifestName, backupDB, backupBlobs = "backup.json", "selfie.db", "blobs"

// backupCmd copies SQLite and disk while a server may be running. The store
// goes first and the pictures after it, while no picture is swept, so that every
// picture the copied store names is in the copy.
type backupCmd struct {
	Dir string `arg:"" help:"Folder to make; it must not exist or be empty." type:"path"`
}

// Run makes the backup.
func (c *backupCmd) Run(ctx context.Context, conf *Config) (err error) {
	if err := nativeTools(conf); err != nil {
		return err
	}
	if err := emptyDir(c.Dir); err != nil {
		return err
	}
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer a.Close()
	engine, ok := a.db.Engine.(*sqlite.Engine)
	if !ok {
		return errors.New("the store is not SQLite")
	}
	release, err := a.daily.Hold(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release(context.WithoutCancel(ctx))) }()
	if err := engine.Backup(ctx, filepath.Join(c.Dir, backupDB)); err != nil {
		return fmt.Errorf("copying the store: %w", err)
	}
	to, err := disk.Open(filepath.Join(c.Dir, backupBlobs), nil)
	if err != nil {
		return err
	}
	m := manifest{Format: 1, Made: time.Now().UTC(), Version: version()}
	if m.Blobs, m.Bytes, err = copyBlobs(ctx, a.blobs, to); err != nil {
		return fmt.Errorf("copying pictures: %w", err)
	}
	fmt.Printf("Copied the store and %d picture files (%d bytes) to %s\n", m.Blobs, m.Bytes, c.Dir)
	return writeManifest(c.Dir, m)
}

// nativeTools refuses what the databases' own tools do better.
func nativeTools(conf *Config) error {
	if conf.Mongo != "" {
		return errors.New("the store is MongoDB: back it up with mongodump (restore with mongorestore), or take a snapshot of its volume")
	}
	if conf.picturesPlace().s3 {
		return errors.New("pictures are in S3: switch on versioning or replication of the bucket, or copy it with your S3 client (sync); copy the store after stopping, or use `selfie export`")
	}
	return nil
}

func emptyDir(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return os.MkdirAll(dir, 0o700)
	}
	if err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: name a new folder", dir)
	}
	return err
}

// copyBlobs copies every blob of one store into another, page by page.
func copyBlobs(ctx context.Context, from, to media.Store) (n int, bytes int64, err error) {
	after := ""
	for {
		page, err := from.List(ctx, after, 500)
		if err != nil || len(page) == 0 {
			return n, bytes, err
		}
		for _, b := range page {
			if err := copyBlob(ctx, from, to, b); err != nil {
				return n, bytes, fmt.Errorf("%s: %w", b.Key, err)
			}
			n, bytes, after = n+1, bytes+b.Size, b.Key
		}
	}
}

func copyBlob(ctx context.Context, from, to media.Store, b media.Info) error {
	r, info, err := from.Open(ctx, b.Key)
	if fault.Is(err, fault.NotFound) {
		return nil // deleted since it was listed
	}
	if err != nil {
		return err
	}
	defer r.Close()
	return to.Put(ctx, b.Key, r, info.Size, info.ContentType())
}

func writeManifest(dir string, m manifest) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, manifestName))
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	return errors.Join(err, f.Sync(), f.Close())
}

// restoreCmd brings a backup into a data directory that holds no store.
type restoreCmd struct {
	Dir string `arg:"" help:"Folder that selfie backup made." type:"existingdir"`
}

// Run checks the backup, copies it, and marks the store as restored, so that
// every search index over it is built anew.
func (c *restoreCmd) Run(ctx context.Context, conf *Config) error {
	if err := nativeTools(conf); err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	if _, err := os.Stat(conf.sqlitePath()); err == nil {
		return fmt.Errorf("%s holds a store already: name a new data directory with --data", conf.Data)
	}
	if err := os.MkdirAll(conf.Data, 0o700); err != nil {
		return err
	}
	if err := c.copyBlobs(ctx, conf); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(c.Dir, backupDB), conf.sqlitePath()); err != nil {
		return err
	}
	a, err := open(ctx, conf)
	if err != nil {
		return err
	}
	defer a.Close()
	fmt.Printf("Restored into %s. The search index is built when the server starts.\n", conf.Data)
	return a.people.NewEpoch(ctx)
}

func (c *restoreCmd) check() error {
	b, err := os.ReadFile(filepath.Join(c.Dir, manifestName))
	if err != nil {
		return fmt.Errorf("%s is not a whole backup: %w", c.Dir, err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil || m.Format != 1 {
		return fmt.Errorf("%s: the manifest is damaged or of a newer version", c.Dir)
	}
	return sqlite.Check(filepath.Join(c.Dir, backupDB))
}

func (c *restoreCmd) copyBlobs(ctx context.Context, conf *Config) error {
	from, err := disk.Open(filepath.Join(c.Dir, backupBlobs), nil)
	if err != nil {
		return err
	}
	to, err := disk.Open(conf.blobDir(), nil)
	if err != nil {
		return err
	}
	n, _, err := copyBlobs(ctx, from, to)
	fmt.Printf("Copied %d picture files\n", n)
	return err
}

// copyFile copies under another name first, so that a broken copy is never
// taken for the store.
func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to+".part", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(to+".part", to)
}
