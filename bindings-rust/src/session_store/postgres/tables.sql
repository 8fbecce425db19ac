CREATE TABLE relyingparty_entries (
    key VARCHAR(100) NOT NULL,
    value TEXT NOT NULL,
    version VARCHAR(32) NOT NULL,
    expires_at BIGINT NOT NULL,
    labels TEXT NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX relyingparty_entries_expires_at ON relyingparty_entries (expires_at);

CREATE TABLE relyingparty_labels (
    label VARCHAR(100) NOT NULL,
    key VARCHAR(100) NOT NULL,
    PRIMARY KEY (label, key)
);
CREATE INDEX relyingparty_labels_key ON relyingparty_labels (key);

CREATE TABLE relyingparty_locks (
    key VARCHAR(100) NOT NULL,
    owner VARCHAR(100) NOT NULL,
    expires_at DOUBLE PRECISION NOT NULL,
    PRIMARY KEY (key)
);
CREATE INDEX relyingparty_locks_expires_at ON relyingparty_locks (expires_at);
