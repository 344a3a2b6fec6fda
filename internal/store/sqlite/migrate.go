package sqlite

import (
	"context"
	"fmt"
	"strings"

	lib "modernc.org/sqlite/lib"

	"selfie/internal/fault"
	"selfie/internal/store"
)

// layout is the version of how collections are laid out, kept in the file's
// header (user_version). A newer file is refused, an older one would be rebuilt
// here.
const layout = 1

// Migrate implements store.Engine, in one transaction; a second process waits for
// the first one as long as ctx allows.
func (e *Engine) Migrate(ctx context.Context, schemas []*store.Schema) error {
	tables := make([]*table, len(schemas))
	for i, s := range schemas {
		tables[i] = e.table(s)
	}
	for {
		err := e.writer.do(ctx, &op{alone: true, run: func(tx *session, _ *op) error {
			return tx.transact(func() error { return migrate(tx, tables) })
		}}, nil)
		if code(err)&0xff != lib.SQLITE_BUSY || ctx.Err() != nil {
			return err
		}
	}
}

func migrate(tx *session, tables []*table) error {
	if err := checkLayout(tx); err != nil {
		return err
	}
	for _, t := range tables {
		if err := t.migrate(tx); err != nil {
			return fmt.Errorf("migrate %s: %w", t.name, err)
		}
	}
	return nil
}

func checkLayout(tx *session) error {
	var version, application int
	if err := tx.row("PRAGMA user_version", nil, &version); err != nil {
		return err
	}
	if err := tx.row("PRAGMA application_id", nil, &application); err != nil {
		return err
	}
	switch {
	case version == 0 && application == 0:
		return tx.script(fmt.Sprintf("PRAGMA user_version = %d; PRAGMA application_id = %d", layout, applicationID))
	case application != applicationID:
		return fault.New(fault.Invalid, "The file is a database of another program. Name another file.")
	case version > layout:
		return fault.New(fault.Invalid, "The file was written by a newer version. Install that version or restore a backup.")
	}
	return nil
}

func (t *table) migrate(tx *session) error {
	err := tx.script("CREATE TABLE IF NOT EXISTS " + t.quoted + " (id TEXT PRIMARY KEY NOT NULL, rev INTEGER NOT NULL, doc TEXT NOT NULL)")
	if err != nil {
		return err
	}
	standing, err := t.standing(tx)
	if err != nil {
		return err
	}
	if err := t.dropUnknown(tx, standing); err != nil {
		return err
	}
	if err := t.addColumns(tx); err != nil {
		return err
	}
	for _, ix := range t.indexes {
		if err := t.make(tx, ix, standing); err != nil {
			return err
		}
	}
	return nil
}

// standing lists what the file holds for the collection beside its table, by name.
func (t *table) standing(tx *session) (map[string]ddl, error) {
	rows, err := tx.conn.QueryContext(context.Background(),
		"SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND substr(name, 1, ?1) = ?2",
		len(t.name)+1, t.name+".")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := map[string]ddl{}
	for rows.Next() {
		var d ddl
		if err := rows.Scan(&d.kind, &d.name, &d.text); err != nil {
			return nil, err
		}
		found[d.name] = d
	}
	return found, rows.Err()
}

// dropUnknown drops what is not declared, or is declared otherwise.
func (t *table) dropUnknown(tx *session, standing map[string]ddl) error {
	declared := map[string]string{}
	for _, ix := range t.indexes {
		declared[ix.ddl.name] = ix.ddl.text
	}
	for name, d := range standing {
		if declared[name] == d.text {
			continue
		}
		delete(standing, name)
		if err := tx.script("DROP " + strings.ToUpper(d.kind) + " " + quote(name)); err != nil {
			return err
		}
	}
	return nil
}

// addColumns adds the generated columns that are missing. Those that no index
// uses any more hold nothing and cost nothing, so they stay.
func (t *table) addColumns(tx *session) error {
	for _, c := range t.columns {
		var n int
		if err := tx.row("SELECT count(*) FROM pragma_table_xinfo(?) WHERE name = ?", []any{t.name, c.name}, &n); err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if err := tx.script("ALTER TABLE " + t.quoted + " ADD COLUMN " + c.def); err != nil {
			return err
		}
	}
	return nil
}

// make makes an index that is missing; a side table is filled from the documents.
func (t *table) make(tx *session, ix *index, standing map[string]ddl) error {
	if _, ok := standing[ix.ddl.name]; ok {
		return nil
	}
	if err := tx.script(ix.ddl.text); err != nil {
		return t.violated(err)
	}
	if !ix.list() {
		return nil
	}
	return t.fill(tx, ix)
}

// fillStep is how many documents are held in memory while a side table is filled.
const fillStep = 500

func (t *table) fill(tx *session, ix *index) error {
	only := &table{name: t.name, quoted: t.quoted, lists: []*index{ix}}
	for last := ""; ; {
		docs, err := t.walk(tx, last)
		if err != nil || len(docs) == 0 {
			return err
		}
		for _, doc := range docs {
			entries, err := only.entries(doc.JSON)
			if err != nil {
				return err
			}
			if err := only.change(tx, doc.ID, nil, entries); err != nil {
				return err
			}
			last = doc.ID
		}
	}
}

func (t *table) walk(tx *session, after string) ([]store.Raw, error) {
	stmt, err := tx.prepare("SELECT id, rev, doc FROM " + t.quoted + " WHERE id > ? ORDER BY id LIMIT ?")
	if err != nil {
		return nil, err
	}
	return collect(context.Background(), stmt, []any{after, fillStep}, nil)
}
