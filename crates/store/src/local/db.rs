//! The database of valid paths: one connection that writes, and as many that read as there are readers at a time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};

use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, Transaction, TransactionBehavior, params};

use super::schema;
use crate::config::StoreConfig;
use crate::error::{StoreError, StoreResult};
use crate::hash::{Hash, HashFormat};
use crate::path_info::PathInfo;
use crate::store_path::{StoreDir, StorePath, StorePathSet};

/// Distinct statements kept prepared per connection; there are about twenty.
const STATEMENT_CACHE: usize = 32;
/// In pages, so that instantiating a whole system is one flush to the disk.
const WAL_CHECKPOINT: u32 = 40_000;

#[derive(Debug)]
pub(super) struct Db {
    path: PathBuf,
    dir: StoreDir,
    read_only: bool,
    busy: std::time::Duration,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

/// Says what was tried and on which file.
pub(super) fn failed(db: &Path, action: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |error| StoreError::Database { db: db.to_owned(), action, error }
}

impl Db {
    /// Opens `db.sqlite` in `folder`, making its tables when `create` says so.
    pub(super) fn open(folder: &Path, config: &StoreConfig, create: bool) -> StoreResult<Db> {
        let path = folder.join("db.sqlite");
        let read_only = config.read_only;
        let busy = config.settings.busy_timeout;
        let mut writer = connect(&path, read_only, create, busy)?;
        if !read_only {
            let set = |name, value: &dyn rusqlite::ToSql| writer.pragma_update(None, name, value).map_err(failed(&path, "setting up"));
            set("synchronous", &if config.settings.fsync_metadata { "normal" } else { "off" })?;
            let mode = if config.settings.use_sqlite_wal { "wal" } else { "truncate" };
            let now: String =
                writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).map_err(failed(&path, "querying journal mode"))?;
            if now != mode {
                set("journal_mode", &mode)?;
            }
            if mode == "wal" {
                set("wal_autocheckpoint", &WAL_CHECKPOINT)?;
                keep_wal(&writer);
            }
            if create {
                transaction(&path, &mut writer, |tx| tx.execute_batch(schema::TABLES).map_err(failed(&path, "creating tables")))?;
            }
            if config.settings.ca_derivations {
                transaction(&path, &mut writer, |tx| {
                    tx.execute_batch(schema::REALISATIONS)
                        .and_then(|()| tx.execute("insert or ignore into SchemaMigrations values (?)", [schema::REALISATIONS_MIGRATION]))
                        .map_err(failed(&path, "creating tables"))
                })?;
            }
        }
        let dir = config.store_dir.clone();
        Ok(Db { path, dir, read_only, busy, writer: Mutex::new(writer), readers: Mutex::default() })
    }

    fn writer(&self) -> MutexGuard<'_, Connection> {
        self.writer.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// Runs `body` in a transaction that is rolled back when it fails.
    pub(super) fn write<T>(&self, body: impl FnOnce(&Rows<'_>) -> StoreResult<T>) -> StoreResult<T> {
        if self.read_only {
            return Err(StoreError::ReadOnly(self.path.clone()));
        }
        transaction(&self.path, &mut self.writer(), |tx| body(&Rows { db: &self.path, dir: &self.dir, conn: tx }))
    }

    /// Runs `body` on a connection that no other thread uses meanwhile.
    pub(super) fn read<T>(&self, body: impl FnOnce(&Rows<'_>) -> StoreResult<T>) -> StoreResult<T> {
        let pool = || self.readers.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let pooled = pool().pop();
        let conn = match pooled {
            Some(conn) => conn,
            None => connect(&self.path, true, false, self.busy)?,
        };
        let result = body(&Rows { db: &self.path, dir: &self.dir, conn: &conn });
        pool().push(conn);
        result
    }
}

/// Leaves the (emptied) log files when the database is closed, so that users who may only read can open it.
fn keep_wal(conn: &Connection) {
    // A truncation limit makes the files empty when the last connection closes.
    if conn.pragma_update(None, "journal_size_limit", 1i64 << 40).is_err() {
        return;
    }
    let mut enable: std::ffi::c_int = 1;
    // SAFETY: the handle is open for as long as `conn` is borrowed, a null name means the main database, and this
    // operation reads and writes one `int`. A refusal changes nothing.
    unsafe {
        rusqlite::ffi::sqlite3_file_control(
            conn.handle(),
            std::ptr::null(),
            rusqlite::ffi::SQLITE_FCNTL_PERSIST_WAL,
            std::ptr::from_mut(&mut enable).cast(),
        );
    }
}

fn connect(path: &Path, read_only: bool, create: bool, busy: std::time::Duration) -> StoreResult<Connection> {
    let mut flags = if read_only { OpenFlags::SQLITE_OPEN_READ_ONLY } else { OpenFlags::SQLITE_OPEN_READ_WRITE };
    flags |= OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let conn = Connection::open_with_flags(path, flags).map_err(failed(path, "opening"))?;
    conn.busy_timeout(busy).map_err(failed(path, "setting timeout"))?;
    conn.pragma_update(None, "foreign_keys", 1).map_err(failed(path, "setting up"))?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    Ok(conn)
}

fn transaction<T>(path: &Path, conn: &mut Connection, body: impl FnOnce(&Transaction<'_>) -> StoreResult<T>) -> StoreResult<T> {
    // Immediate, because one that starts by reading cannot wait for another writer later.
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed(path, "starting transaction"))?;
    let result = body(&tx)?;
    tx.commit().map_err(failed(path, "committing"))?;
    Ok(result)
}

/// The statements, on one connection.
pub(super) struct Rows<'a> {
    db: &'a Path,
    dir: &'a StoreDir,
    conn: &'a Connection,
}

impl Rows<'_> {
    fn failed(&self, action: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
        failed(self.db, action)
    }

    pub(super) fn id(&self, path: &StorePath) -> StoreResult<Option<i64>> {
        let mut statement = self.conn.prepare_cached("select id from ValidPaths where path = ?").map_err(self.failed("querying"))?;
        statement.query_row([self.dir.print(path)], |row| row.get(0)).optional().map_err(self.failed("querying path"))
    }

    pub(super) fn require_id(&self, path: &StorePath) -> StoreResult<i64> {
        self.id(path)?.ok_or_else(|| StoreError::InvalidPath(self.dir.print(path)))
    }

    pub(super) fn path_info(&self, path: &StorePath) -> StoreResult<Option<PathInfo>> {
        let sql = "select id, hash, registrationTime, deriver, narSize, ultimate, sigs, ca from ValidPaths where path = ?";
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("querying path"))?;
        let row = statement.query_row([self.dir.print(path)], PathRow::read).optional().map_err(self.failed("querying path"))?;
        let Some(row) = row else { return Ok(None) };
        let (id, mut info) = row.parse(self.dir, path)?;
        info.references = self.paths("select path from Refs join ValidPaths on reference = id where referrer = ?", id)?;
        Ok(Some(info))
    }

    /// A statement that takes one parameter and gives paths.
    fn paths(&self, sql: &str, parameter: impl rusqlite::ToSql) -> StoreResult<StorePathSet> {
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("querying paths"))?;
        let mut rows = statement.query([parameter]).map_err(self.failed("querying paths"))?;
        self.collect_paths(&mut rows)
    }

    fn collect_paths(&self, rows: &mut rusqlite::Rows<'_>) -> StoreResult<StorePathSet> {
        let mut found = StorePathSet::new();
        while let Some(row) = rows.next().map_err(self.failed("querying paths"))? {
            let text = row.get_ref(0).map_err(self.failed("querying paths"))?;
            let text = text.as_str().map_err(|error| failed(self.db, "querying paths")(error.into()))?;
            found.insert(self.dir.parse_canonical(text)?);
        }
        Ok(found)
    }

    pub(super) fn all_valid_paths(&self) -> StoreResult<StorePathSet> {
        let mut statement = self.conn.prepare_cached("select path from ValidPaths").map_err(self.failed("querying paths"))?;
        let mut rows = statement.query([]).map_err(self.failed("querying paths"))?;
        self.collect_paths(&mut rows)
    }

    pub(super) fn referrers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        let sql = "select path from Refs join ValidPaths on referrer = id where reference = (select id from ValidPaths where path = ?)";
        self.paths(sql, self.dir.print(path))
    }

    pub(super) fn valid_derivers(&self, path: &StorePath) -> StoreResult<StorePathSet> {
        self.paths("select v.path from DerivationOutputs d join ValidPaths v on d.drv = v.id where d.path = ?", self.dir.print(path))
    }

    pub(super) fn derivation_outputs(&self, drv: &StorePath) -> StoreResult<BTreeMap<String, StorePath>> {
        let id = self.require_id(drv)?;
        let sql = "select id, path from DerivationOutputs where drv = ?";
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("querying outputs"))?;
        let mut rows = statement.query([id]).map_err(self.failed("querying outputs"))?;
        let mut outputs = BTreeMap::new();
        while let Some(row) = rows.next().map_err(self.failed("querying outputs"))? {
            let read = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?));
            let (output, path) = read(row).map_err(self.failed("querying outputs"))?;
            outputs.insert(output, self.dir.parse_canonical(&path)?);
        }
        Ok(outputs)
    }

    pub(super) fn path_from_hash_part(&self, hash_part: &str) -> StoreResult<Option<StorePath>> {
        let prefix = format!("{}/{hash_part}", self.dir);
        // An index lookup, which `like` would not be.
        let sql = "select path from ValidPaths where path >= ? limit 1";
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("querying path"))?;
        let found: Option<String> = statement.query_row([&prefix], |row| row.get(0)).optional().map_err(self.failed("querying path"))?;
        Ok(found.filter(|path| path.starts_with(&prefix)).map(|path| self.dir.parse_canonical(&path)).transpose()?)
    }

    fn execute(&self, sql: &str, parameters: impl rusqlite::Params) -> StoreResult<()> {
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("registering"))?;
        statement.execute(parameters).map_err(self.failed("registering"))?;
        Ok(())
    }

    /// Inserts a row, references aside, and gives its number. `now` is in seconds since the epoch.
    pub(super) fn insert(&self, info: &PathInfo, now: i64) -> StoreResult<i64> {
        self.execute(
            "insert into ValidPaths (path, hash, registrationTime, deriver, narSize, ultimate, sigs, ca) values (?, ?, ?, ?, ?, ?, ?, ?)",
            params![
                self.dir.print(&info.path),
                info.nar_hash.print(HashFormat::Base16, true),
                if info.registration_time == 0 { now } else { info.registration_time },
                info.deriver.as_ref().map(|deriver| self.dir.print(deriver)),
                nar_size(info),
                info.ultimate.then_some(1),
                signatures(info),
                info.ca.map(|ca| ca.to_string()),
            ],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    pub(super) fn update(&self, info: &PathInfo) -> StoreResult<()> {
        self.execute(
            "update ValidPaths set narSize = ?, hash = ?, ultimate = ?, sigs = ?, ca = ? where path = ?",
            params![
                nar_size(info),
                info.nar_hash.print(HashFormat::Base16, true),
                info.ultimate.then_some(1),
                signatures(info),
                info.ca.map(|ca| ca.to_string()),
                self.dir.print(&info.path),
            ],
        )
    }

    pub(super) fn insert_reference(&self, referrer: i64, reference: i64) -> StoreResult<()> {
        self.execute("insert or replace into Refs (referrer, reference) values (?, ?)", [referrer, reference])
    }

    pub(super) fn insert_derivation_output(&self, drv: i64, output: &str, path: &StorePath) -> StoreResult<()> {
        let sql = "insert or replace into DerivationOutputs (drv, id, path) values (?, ?, ?)";
        self.execute(sql, params![drv, output, self.dir.print(path)])
    }

    /// Deletes a row and, by its foreign keys, what hangs on it.
    pub(super) fn delete(&self, path: &StorePath) -> StoreResult<()> {
        self.execute("delete from ValidPaths where path = ?", [self.dir.print(path)])
    }

    /// Output path of a content-addressed derivation; `id` is `sha256:<base 16>`.
    pub(super) fn realisation(&self, id: &str, output: &str) -> StoreResult<Option<StorePath>> {
        let sql = "select v.path from Realisations r join ValidPaths v on r.outputPath = v.id where r.drvPath = ? and r.outputName = ?";
        let mut statement = self.conn.prepare_cached(sql).map_err(self.failed("querying realisation"))?;
        let found: Option<String> =
            statement.query_row([id, output], |row| row.get(0)).optional().map_err(self.failed("querying realisation"))?;
        Ok(found.map(|path| self.dir.parse_canonical(&path)).transpose()?)
    }

    pub(super) fn insert_realisation(&self, id: &str, output: &str, path: &StorePath, signatures: &str) -> StoreResult<()> {
        let path = self.require_id(path)?;
        let sql = "insert into Realisations (drvPath, outputName, outputPath, signatures) values (?, ?, ?, ?)";
        self.execute(sql, params![id, output, path, signatures])
    }
}

/// SQLite's integers are signed; a size that does not fit is no size of a real archive.
fn nar_size(info: &PathInfo) -> Option<i64> {
    i64::try_from(info.nar_size).ok().filter(|&size| size != 0)
}

fn signatures(info: &PathInfo) -> Option<String> {
    let joined = info.signatures.iter().map(String::as_str).collect::<Vec<_>>().join(" ");
    (!joined.is_empty()).then_some(joined)
}

/// A row of `ValidPaths` as it is stored.
struct PathRow {
    id: i64,
    hash: String,
    registration_time: i64,
    deriver: Option<String>,
    nar_size: Option<i64>,
    ultimate: Option<i64>,
    signatures: Option<String>,
    ca: Option<String>,
}

impl PathRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<PathRow> {
        Ok(PathRow {
            id: row.get(0)?,
            hash: row.get(1)?,
            registration_time: row.get(2)?,
            deriver: row.get(3)?,
            nar_size: row.get(4)?,
            ultimate: row.get(5)?,
            signatures: row.get(6)?,
            ca: row.get(7)?,
        })
    }

    fn parse(self, dir: &StoreDir, path: &StorePath) -> StoreResult<(i64, PathInfo)> {
        let corrupt = |problem: String| StoreError::CorruptRow { path: dir.print(path), problem };
        let nar_hash = Hash::parse_any_prefixed(&self.hash).map_err(|error| corrupt(error.to_string()))?;
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let ca = filled(self.ca).map(|ca| ca.parse()).transpose().map_err(|error| corrupt(format!("{error}")))?;
        let deriver = filled(self.deriver).map(|path| dir.parse_canonical(&path)).transpose();
        let info = PathInfo {
            path: path.clone(),
            nar_hash,
            nar_size: self.nar_size.and_then(|size| u64::try_from(size).ok()).unwrap_or(0),
            references: StorePathSet::new(),
            deriver: deriver.map_err(|error| corrupt(error.to_string()))?,
            registration_time: self.registration_time,
            ultimate: self.ultimate == Some(1),
            signatures: self.signatures.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            ca,
        };
        Ok((self.id, info))
    }
}
