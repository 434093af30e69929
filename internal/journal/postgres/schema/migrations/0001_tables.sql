-- Somebody else may have created it for a role that may create none.
IF to_regnamespace('credctl') IS NULL THEN CREATE SCHEMA credctl; END IF;

CREATE TABLE credctl.meta (
	key   text PRIMARY KEY,
	value text NOT NULL
);

-- A lock. Rows are never deleted: the epoch of each only grows.
CREATE TABLE credctl.lease (
	name      text PRIMARY KEY,
	epoch     bigint NOT NULL,
	holder    text NOT NULL DEFAULT '',
	host      text NOT NULL DEFAULT '',
	boot      text NOT NULL DEFAULT '',
	namespace text NOT NULL DEFAULT '',
	pid       int  NOT NULL DEFAULT 0,
	started   text NOT NULL DEFAULT '',
	taken     timestamptz NOT NULL DEFAULT clock_timestamp(),
	expires   timestamptz NOT NULL
);

CREATE TABLE credctl.operation (
	id       text PRIMARY KEY,
	provider text NOT NULL DEFAULT '',
	kind     text NOT NULL DEFAULT '',
	old_id   text NOT NULL DEFAULT '',
	new_id   text NOT NULL DEFAULT '',
	state    text NOT NULL DEFAULT '',
	head     text NOT NULL,
	last     text NOT NULL,
	entries  int  NOT NULL,
	revision bigint NOT NULL DEFAULT 1,
	place    text NOT NULL DEFAULT 'live' CHECK (place IN ('live', 'ended', 'pruned', 'aside')),
	started  timestamptz NOT NULL DEFAULT clock_timestamp(),
	updated  timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX operation_live ON credctl.operation (started) WHERE place = 'live';

-- body is the line that the state folder has in a file: text keeps its signature valid.
CREATE TABLE credctl.entry (
	operation text NOT NULL REFERENCES credctl.operation,
	seq       int  NOT NULL,
	at        timestamptz NOT NULL DEFAULT clock_timestamp(),
	host      text NOT NULL,
	body      text NOT NULL,
	PRIMARY KEY (operation, seq)
);

CREATE TABLE credctl.record (
	seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text   NOT NULL UNIQUE,
	keys text[] NOT NULL,
	body text   NOT NULL
);
CREATE INDEX record_keys ON credctl.record USING gin (keys);

CREATE TABLE credctl.seen (
	seq  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	keys text[] NOT NULL,
	body text   NOT NULL
);
CREATE INDEX seen_keys ON credctl.seen USING gin (keys);

CREATE TABLE credctl.event (
	id   bigint PRIMARY KEY,
	at   timestamptz NOT NULL DEFAULT clock_timestamp(),
	body text NOT NULL,
	mac  text NOT NULL
);
