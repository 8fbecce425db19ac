//! What a store of sessions asks PostgreSQL for.
//!
//! The column `labels` of an entry decides which labels it has; the table of labels finds it. So it takes one statement to delete what
//! has a label, and it looks again at each row that somebody changed meanwhile.

/// What the names of the tables begin with here.
pub(super) const PREFIX: &str = "relyingparty_";

/// How many rows that have expired are deleted at most at once.
pub(super) const PURGED: u64 = 256;

/// Each is one atomic step, alone or with the changes of the table of labels in one transaction.
pub(super) struct Statements {
    pub(super) get: String,
    pub(super) add: String,
    pub(super) put: String,
    pub(super) take: String,
    pub(super) delete_labelled: String,
    pub(super) purge: String,
    pub(super) unlabel: String,
    pub(super) label: String,
    pub(super) lock: String,
    pub(super) unlock: String,
    pub(super) purge_locks: String,
}

impl Statements {
    /// With tables whose names begin with this.
    pub(super) fn new(prefix: &str) -> Statements {
        let of = |statement: &str| {
            // The clock as it is now, even for a statement that waited for another one.
            let statement = statement.replace("NOW", "extract(epoch from clock_timestamp())");
            // As the statement began: an index can be asked for it.
            let statement = statement.replace("BEGUN", "floor(extract(epoch from statement_timestamp()))");
            statement
                .replace("LIMITED", &format!("LIMIT {PURGED} FOR UPDATE SKIP LOCKED"))
                .replace(PREFIX, prefix)
        };
        Statements {
            get: of(GET),
            add: of(ADD),
            put: of(PUT),
            take: of(TAKE),
            delete_labelled: of(DELETE_LABELLED),
            purge: of(PURGE),
            unlabel: of(UNLABEL),
            label: of(LABEL),
            lock: of(LOCK),
            unlock: of(UNLOCK),
            purge_locks: of(PURGE_LOCKS),
        }
    }
}

const GET: &str = "SELECT value, version FROM relyingparty_entries WHERE key = $1 AND expires_at > NOW";

const ADD: &str = "\
    INSERT INTO relyingparty_entries AS kept (key, value, version, expires_at, labels) VALUES ($1, $2, $3, $4, $5) \
    ON CONFLICT (key) DO UPDATE SET value = $2, version = $3, expires_at = $4, labels = $5 \
    WHERE kept.expires_at <= NOW RETURNING key";

const PUT: &str = "\
    UPDATE relyingparty_entries SET value = $2, version = $3, expires_at = $4, labels = $5 \
    WHERE key = $1 AND expires_at > NOW AND version = $6 RETURNING key";

const TAKE: &str = "\
    DELETE FROM relyingparty_entries WHERE key = $1 RETURNING key, value, version, expires_at > NOW AS lives";

const DELETE_LABELLED: &str = "\
    DELETE FROM relyingparty_entries \
    WHERE key IN (SELECT key FROM relyingparty_labels WHERE label = $1) AND replace(labels, $2, '') <> labels \
    RETURNING key";

const PURGE: &str = "\
    DELETE FROM relyingparty_entries WHERE expires_at <= BEGUN::bigint AND key = ANY (ARRAY( \
    SELECT key FROM relyingparty_entries WHERE expires_at <= BEGUN::bigint LIMITED)) RETURNING key";

const UNLABEL: &str = "DELETE FROM relyingparty_labels WHERE key = ANY ($1)";

const LABEL: &str = "\
    INSERT INTO relyingparty_labels (label, key) SELECT label, $1 FROM unnest($2) AS given (label) ON CONFLICT DO NOTHING";

/// Whoever finds it held has read alone, and stands in nobody's way.
const LOCK: &str = "\
    INSERT INTO relyingparty_locks AS held (key, owner, expires_at) SELECT $1, $2, NOW + $3 WHERE NOT EXISTS ( \
    SELECT FROM relyingparty_locks WHERE key = $1 AND owner <> $2 AND expires_at > NOW) \
    ON CONFLICT (key) DO UPDATE SET owner = $2, expires_at = NOW + $3 \
    WHERE held.owner = $2 OR held.expires_at <= NOW RETURNING key";

const UNLOCK: &str = "DELETE FROM relyingparty_locks WHERE key = $1 AND owner = $2";

const PURGE_LOCKS: &str = "\
    DELETE FROM relyingparty_locks WHERE expires_at <= BEGUN::float8 AND key = ANY (ARRAY( \
    SELECT key FROM relyingparty_locks WHERE expires_at <= BEGUN::float8 LIMITED)) RETURNING key";
