-- +goose Up

-- Stays empty: an insert says that a condition of a batch did not hold.
CREATE TABLE guard (
    holds BOOLEAN NOT NULL,
    CONSTRAINT guard_holds CHECK (holds)
);

-- The keys of the provider, symmetric ones too, sealed under the key-encryption key.
CREATE TABLE signing_key (
    kid         TEXT     NOT NULL PRIMARY KEY,
    use         TEXT     NOT NULL,
    alg         TEXT     NOT NULL,
    generation  BIGINT   NOT NULL,
    sealed      BYTEA    NOT NULL,
    public      BYTEA    NOT NULL,
    created_at  BIGINT   NOT NULL,
    activate_at BIGINT   NOT NULL,
    retire_at   BIGINT   NOT NULL,
    expire_at   BIGINT   NOT NULL,
    UNIQUE (use, alg, generation)
);

-- Relying services.
CREATE TABLE client (
    client_id  TEXT   NOT NULL PRIMARY KEY,
    secret_hash BYTEA  NOT NULL,
    status     TEXT   NOT NULL,
    metadata   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Accounts: what every step must know, and the sealed personal data.
CREATE TABLE account (
    bucket           SMALLINT NOT NULL,
    account_id       BIGINT   NOT NULL,
    kind             TEXT     NOT NULL,
    level            SMALLINT NOT NULL,
    status           TEXT     NOT NULL,
    security_version BIGINT   NOT NULL,
    second_factor    TEXT     NOT NULL,
    lang             TEXT     NOT NULL,
    profile          BYTEA    NOT NULL,
    profile_version  BIGINT   NOT NULL,
    created_at       BIGINT   NOT NULL,
    updated_at       BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id)
);

-- The data key of each account; without it nothing sealed of the account can be read.
CREATE TABLE account_key (
    bucket     SMALLINT NOT NULL,
    account_id BIGINT   NOT NULL,
    wrapped    BYTEA    NOT NULL,
    created_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id)
);

-- What an account is found by, as keyed hashes.
CREATE TABLE identifier (
    bidx        BYTEA    NOT NULL PRIMARY KEY,
    kind        TEXT     NOT NULL,
    key_version SMALLINT NOT NULL,
    bucket      SMALLINT NOT NULL,
    account_id  BIGINT   NOT NULL,
    created_at  BIGINT   NOT NULL
);

-- What a sign-in method keeps for an account.
CREATE TABLE credential (
    bucket        SMALLINT NOT NULL,
    account_id    BIGINT   NOT NULL,
    credential_id UUID     NOT NULL,
    kind          TEXT     NOT NULL,
    name          TEXT     NOT NULL,
    data          BYTEA    NOT NULL,
    counter       BIGINT   NOT NULL,
    created_at    BIGINT   NOT NULL,
    used_at       BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id, credential_id)
);

-- Typed documents of a person; replaced, never changed.
CREATE TABLE document (
    bucket      SMALLINT NOT NULL,
    account_id  BIGINT   NOT NULL,
    document_id UUID     NOT NULL,
    type        TEXT     NOT NULL,
    fields      BYTEA    NOT NULL,
    source      TEXT     NOT NULL,
    created_at  BIGINT   NOT NULL,
    replaced_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id, document_id)
);

-- Accepted texts.
CREATE TABLE agreement (
    bucket      SMALLINT NOT NULL,
    account_id  BIGINT   NOT NULL,
    kind        TEXT     NOT NULL,
    version     TEXT     NOT NULL,
    accepted_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id, kind, version)
);

-- Browsers signed in.
CREATE TABLE session (
    bucket           SMALLINT NOT NULL,
    session_id       UUID     NOT NULL,
    account_id       BIGINT   NOT NULL,
    cookie_hash      BYTEA    NOT NULL,
    browser          UUID     NOT NULL,
    security_version BIGINT   NOT NULL,
    amr              TEXT     NOT NULL,
    auth_time        BIGINT   NOT NULL,
    device           BYTEA    NOT NULL,
    created_at       BIGINT   NOT NULL,
    seen_at          BIGINT   NOT NULL,
    expires_at       BIGINT   NOT NULL,
    ended_at         BIGINT   NOT NULL,
    PRIMARY KEY (bucket, session_id)
);
CREATE INDEX session_account ON session (bucket, account_id, created_at);
CREATE INDEX session_expires ON session (expires_at);

-- What a citizen lets a service read; scopes separated by spaces.
CREATE TABLE consent (
    bucket     SMALLINT NOT NULL,
    account_id BIGINT   NOT NULL,
    client_id  TEXT     NOT NULL,
    scopes     TEXT     NOT NULL,
    granted_at BIGINT   NOT NULL,
    updated_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, account_id, client_id)
);

-- A spent authorization code with the family of refresh tokens it began.
CREATE TABLE token_grant (
    bucket           SMALLINT NOT NULL,
    grant_id         UUID     NOT NULL,
    account_id       BIGINT   NOT NULL,
    client_id        TEXT     NOT NULL,
    session_id       UUID     NOT NULL,
    security_version BIGINT   NOT NULL,
    scopes           TEXT     NOT NULL,
    generation       BIGINT   NOT NULL,
    rotated_at       BIGINT   NOT NULL,
    last_use         UUID     NOT NULL,
    offline          BOOLEAN  NOT NULL,
    amr              TEXT     NOT NULL,
    acr              TEXT     NOT NULL,
    auth_time        BIGINT   NOT NULL,
    created_at       BIGINT   NOT NULL,
    expires_at       BIGINT   NOT NULL,
    revoked_at       BIGINT   NOT NULL,
    PRIMARY KEY (bucket, grant_id)
);
CREATE INDEX token_grant_account ON token_grant (bucket, account_id, client_id);
CREATE INDEX token_grant_expires ON token_grant (expires_at);

-- Access tokens revoked one by one (RFC 7009), kept until they expire.
CREATE TABLE revoked_token (
    token_id   TEXT   NOT NULL PRIMARY KEY,
    revoked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX revoked_token_revoked ON revoked_token (revoked_at);
CREATE INDEX revoked_token_expires ON revoked_token (expires_at);

-- Grants that ended while access tokens of theirs may still be in time, whatever
-- ended them; kept until the last of those has expired.
CREATE TABLE revoked_grant (
    bucket     SMALLINT NOT NULL,
    grant_id   UUID     NOT NULL,
    revoked_at BIGINT   NOT NULL,
    expires_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, grant_id)
);
CREATE INDEX revoked_grant_revoked ON revoked_grant (revoked_at);
CREATE INDEX revoked_grant_expires ON revoked_grant (expires_at);

-- Client assertions used once (RFC 7523 §3), per client.
CREATE TABLE client_assertion (
    client_id  TEXT   NOT NULL,
    jti_hash   BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, jti_hash)
);
CREATE INDEX client_assertion_expires ON client_assertion (expires_at);

-- Sign-ins in progress that were finished, so that none is finished twice.
CREATE TABLE spent_flow (
    bucket     SMALLINT NOT NULL,
    flow_id    UUID     NOT NULL,
    expires_at BIGINT   NOT NULL,
    PRIMARY KEY (bucket, flow_id)
);
CREATE INDEX spent_flow_expires ON spent_flow (expires_at);

-- Bindings of browsers that were spent: what was proved under one before counts for
-- nothing, of whatever account.
CREATE TABLE spent_browser (
    browser    UUID   NOT NULL PRIMARY KEY,
    spent_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX spent_browser_expires ON spent_browser (expires_at);

-- Requests of services too long for an address line.
CREATE TABLE stored_request (
    request_id UUID   NOT NULL PRIMARY KEY,
    data       BYTEA  NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX stored_request_expires ON stored_request (expires_at);

-- Codes sent to people: three tries, five minutes, once.
CREATE TABLE code (
    code_id    UUID     NOT NULL PRIMARY KEY,
    purpose    TEXT     NOT NULL,
    subject    BYTEA    NOT NULL,
    code_mac   BYTEA    NOT NULL,
    link_mac   BYTEA    NOT NULL,
    tries      SMALLINT NOT NULL,
    created_at BIGINT   NOT NULL,
    code_until BIGINT   NOT NULL,
    expires_at BIGINT   NOT NULL,
    spent_at   BIGINT   NOT NULL
);
CREATE INDEX code_subject ON code (subject, purpose, created_at);
CREATE INDEX code_expires ON code (expires_at);

-- Registrations in progress, found again by their contact.
CREATE TABLE registration (
    registration_id UUID   NOT NULL PRIMARY KEY,
    contact         BYTEA  NOT NULL,
    step            TEXT   NOT NULL,
    data            TEXT   NOT NULL,
    version         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL
);
CREATE INDEX registration_contact ON registration (contact);
CREATE INDEX registration_expires ON registration (expires_at);

-- Failed proofs, reserved before each try; unknown accounts are counted alike.
CREATE TABLE attempt (
    bucket        SMALLINT NOT NULL,
    subject       BYTEA    NOT NULL,
    kind          TEXT     NOT NULL,
    failures      BIGINT   NOT NULL,
    updated_at    BIGINT   NOT NULL,
    blocked_until BIGINT   NOT NULL,
    PRIMARY KEY (bucket, subject, kind)
);
CREATE INDEX attempt_updated ON attempt (updated_at);

-- Budgets: how much of something happened within a window.
CREATE TABLE budget (
    subject      BYTEA  NOT NULL,
    kind         TEXT   NOT NULL,
    window_start BIGINT NOT NULL,
    used         BIGINT NOT NULL,
    PRIMARY KEY (subject, kind)
);
CREATE INDEX budget_window ON budget (window_start);

-- The outbox: messages to send, written with what caused them. run_at is when a
-- job is due; leasing it moves that ahead.
CREATE TABLE job (
    job_id      UUID   NOT NULL PRIMARY KEY,
    kind        TEXT   NOT NULL,
    destination TEXT   NOT NULL,
    reference   UUID   NOT NULL,
    payload     TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    attempts    BIGINT NOT NULL,
    run_at      BIGINT NOT NULL,
    last_error  TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL
);
CREATE INDEX job_due ON job (state, destination, run_at);
CREATE INDEX job_reference ON job (reference);
CREATE INDEX job_finished ON job (finished_at);

-- Events of the audit, written with what they tell of, until they are sealed: then
-- they are in journal. Nothing is looked for here, so that writing costs one index.
CREATE TABLE event (
    bucket     SMALLINT NOT NULL,
    event_id   UUID     NOT NULL,
    account_id BIGINT   NOT NULL,
    at         BIGINT   NOT NULL,
    name       TEXT     NOT NULL,
    client_id  TEXT     NOT NULL,
    actor      TEXT     NOT NULL,
    request_id TEXT     NOT NULL,
    data       TEXT     NOT NULL,
    PRIMARY KEY (bucket, event_id)
);
-- postgres:
-- A queue: what left it is cleaned away at once.
ALTER TABLE event SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);
-- end

-- Messages of the sandbox, kept instead of sent.
CREATE TABLE inbox (
    message_id UUID   NOT NULL PRIMARY KEY,
    channel    TEXT   NOT NULL,
    recipient  TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    code       TEXT   NOT NULL,
    link       TEXT   NOT NULL,
    sent_at    BIGINT NOT NULL
);
CREATE INDEX inbox_recipient ON inbox (recipient, sent_at);
