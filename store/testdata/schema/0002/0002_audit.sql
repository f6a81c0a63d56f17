-- +goose Up

-- The audit journal: events that are sealed, each with its place in a lane. On
-- PostgreSQL a partition a month, which is dropped as a whole; what is in none of
-- them is kept all the same.
CREATE TABLE journal (
    bucket     SMALLINT NOT NULL,
    event_id   UUID     NOT NULL,
    account_id BIGINT   NOT NULL,
    at         BIGINT   NOT NULL,
    name       TEXT     NOT NULL,
    client_id  TEXT     NOT NULL,
    actor      TEXT     NOT NULL,
    request_id TEXT     NOT NULL,
    data       TEXT     NOT NULL,
    lane       BIGINT   NOT NULL,
    seq        BIGINT   NOT NULL,
    PRIMARY KEY (bucket, event_id, at)
)
-- postgres:
PARTITION BY RANGE (at)
-- end
;
-- postgres:
CREATE TABLE journal_rest PARTITION OF journal DEFAULT;
-- end
CREATE INDEX journal_account ON journal (bucket, account_id, at);
CREATE INDEX journal_at ON journal (at);
CREATE INDEX journal_lane_seq ON journal (lane, seq);

-- Lanes: chains of seals, each written by one process. anchored is the last seal
-- that an anchor tells of.
CREATE TABLE journal_lane (
    lane      BIGINT NOT NULL PRIMARY KEY,
    seal      BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    hash      BYTEA  NOT NULL,
    anchored  BIGINT NOT NULL,
    opened_at BIGINT NOT NULL
);

-- Seals: what chains the events of a lane after those of the seal before, up to
-- seq. entries tells of each its id, its time and the hash of all its columns.
CREATE TABLE journal_seal (
    lane      BIGINT NOT NULL,
    seal      BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    previous  BYTEA  NOT NULL,
    hash      BYTEA  NOT NULL,
    entries   BYTEA  NOT NULL,
    sealed_at BIGINT NOT NULL,
    PRIMARY KEY (lane, seal)
);

-- Anchors: signed statements of how far the lanes have come, each with the hash of
-- the one before.
CREATE TABLE journal_anchor (
    anchor    BIGINT NOT NULL PRIMARY KEY,
    signed    TEXT   NOT NULL,
    signed_at BIGINT NOT NULL
);

-- One row: who seals writes it first, so that processes seal in turn.
CREATE TABLE journal_turn (
    turn     SMALLINT NOT NULL PRIMARY KEY,
    taken_at BIGINT   NOT NULL
);
INSERT INTO journal_turn (turn, taken_at) VALUES (1, 0);
