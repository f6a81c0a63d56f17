package store

import (
	"context"
	"database/sql"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"vhod/migrations"
)

// migrator is what goose needs of an engine, on connections of its own.
type migrator struct {
	db       *sql.DB
	dialect  goose.Dialect
	options  []goose.ProviderOption
	classify func(error) error
}

// Migrate applies the migrations that are missing, forward only. Several
// instances may call it at once on PostgreSQL; one works, the others wait.
func (db *DB) Migrate(ctx context.Context) error {
	if err := db.up(ctx, migrations.FS); err != nil {
		return err
	}
	return db.AddPartitions(ctx, db.now())
}

// up applies the migrations of a folder.
func (db *DB) up(ctx context.Context, files fs.FS) error {
	return db.withProvider(files, func(p *goose.Provider) error {
		_, err := p.Up(ctx)
		return err
	})
}

// MigrationPending names the migrations that are missing.
func (db *DB) MigrationPending(ctx context.Context) ([]string, error) {
	var pending []string
	err := db.withProvider(migrations.FS, func(p *goose.Provider) error {
		all, err := p.Status(ctx)
		if err != nil {
			return err
		}
		for _, m := range all {
			if m.State == goose.StatePending {
				pending = append(pending, path.Base(m.Source.Path))
			}
		}
		return nil
	})
	return pending, err
}

func (db *DB) withProvider(files fs.FS, fn func(*goose.Provider) error) (err error) {
	m, err := db.engine.migrator()
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	defer func() {
		if closeErr := m.db.Close(); closeErr != nil && err == nil {
			err = fmt.Errorf("store: migrate: %w", closeErr)
		}
	}()
	options := append([]goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}, m.options...)
	p, err := goose.NewProvider(m.dialect, m.db, dialectFS{FS: files, engine: db.Engine()}, options...)
	if err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	if err := fn(p); err != nil {
		return fmt.Errorf("store: migrate: %w", m.classify(err))
	}
	return nil
}

func (e *postgres) migrator() (*migrator, error) {
	config := e.pool.Config().ConnConfig
	// Schemas of one database do not wait for each other. The lock is asked for
	// once a second, for five minutes.
	schema := crc32.ChecksumIEEE([]byte(config.RuntimeParams["search_path"]))
	locker, err := lock.NewPostgresSessionLocker(
		lock.WithLockID(lock.DefaultLockID+int64(schema)), lock.WithLockTimeout(1, 300))
	if err != nil {
		return nil, err
	}
	return &migrator{
		db:       stdlib.OpenDB(*config),
		dialect:  goose.DialectPostgres,
		options:  []goose.ProviderOption{goose.WithSessionLocker(locker)},
		classify: postgresError,
	}, nil
}

func (e *sqlite) migrator() (*migrator, error) {
	db, err := e.openFile()
	if err != nil {
		return nil, err
	}
	return &migrator{db: db, dialect: goose.DialectSQLite3, classify: sqliteError}, nil
}
