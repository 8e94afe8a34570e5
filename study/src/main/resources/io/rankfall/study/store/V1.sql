-- BLOB stands for the database's type of bytes; each statement ends with a semicolon at the end of a line.

CREATE TABLE sweep (
  name TEXT PRIMARY KEY,
  specification TEXT NOT NULL
);

-- What numbers were made on; the id is a hash of the rest.
CREATE TABLE provenance (
  id TEXT PRIMARY KEY,
  rankfall TEXT NOT NULL,
  libraries TEXT NOT NULL,
  java TEXT NOT NULL,
  operating_system TEXT NOT NULL,
  processor TEXT NOT NULL,
  cores INTEGER NOT NULL,
  data_sha256 TEXT NOT NULL
);

-- Processes that train for this study. A heartbeat counts, so no clocks are compared.
CREATE TABLE session (
  id TEXT PRIMARY KEY,
  machine TEXT NOT NULL,
  process TEXT NOT NULL,
  heartbeat BIGINT NOT NULL
);

-- The id is a hash of the specification without its epochs. The columns from dataset to seed repeat what
-- the specification says, for queries.
CREATE TABLE run (
  id TEXT PRIMARY KEY,
  specification TEXT NOT NULL,
  dataset TEXT NOT NULL,
  architecture TEXT NOT NULL,
  parameters BIGINT NOT NULL,
  initialization TEXT NOT NULL,
  batch_size INTEGER NOT NULL,
  learning_rate DOUBLE PRECISION NOT NULL,
  weight_decay DOUBLE PRECISION NOT NULL,
  momentum DOUBLE PRECISION NOT NULL,
  milestones TEXT NOT NULL,
  decay_factor DOUBLE PRECISION NOT NULL,
  learner TEXT NOT NULL,
  seed BIGINT NOT NULL,
  epochs INTEGER NOT NULL,
  spectra_every INTEGER NOT NULL,
  cost DOUBLE PRECISION NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'COMPLETED', 'DIVERGED', 'FAILED')),
  message TEXT,
  diverged_epoch INTEGER,
  diverged_step INTEGER,
  session TEXT,
  claims INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
  checkpoint TEXT,
  checkpoint_epoch INTEGER
);

CREATE INDEX run_by_state ON run (state, cost);

CREATE TABLE sweep_run (
  sweep TEXT NOT NULL REFERENCES sweep (name),
  run TEXT NOT NULL REFERENCES run (id),
  PRIMARY KEY (sweep, run)
);

-- No decision depends on the time it started.
-- Every time a process began to train a run.
CREATE TABLE attempt (
  run TEXT NOT NULL REFERENCES run (id),
  number INTEGER NOT NULL,
  provenance TEXT NOT NULL REFERENCES provenance (id),
  started TEXT NOT NULL,
  from_epoch INTEGER,
  outcome TEXT,
  message TEXT,
  PRIMARY KEY (run, number)
);

CREATE TABLE epoch (
  run TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  learning_rate DOUBLE PRECISION NOT NULL,
  training_loss DOUBLE PRECISION,
  training_accuracy DOUBLE PRECISION,
  test_loss DOUBLE PRECISION,
  test_accuracy DOUBLE PRECISION NOT NULL,
  mean_rank_1e3 DOUBLE PRECISION NOT NULL,
  mean_rank_1e2 DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (run, epoch)
);

CREATE TABLE layer (
  run TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  name TEXT NOT NULL,
  outputs INTEGER NOT NULL,
  inputs INTEGER NOT NULL,
  rank_1e3 INTEGER NOT NULL,
  rank_1e2 INTEGER NOT NULL,
  stable_rank DOUBLE PRECISION NOT NULL,
  effective_rank DOUBLE PRECISION NOT NULL,
  frobenius_norm DOUBLE PRECISION NOT NULL,
  spectral_norm DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (run, epoch, layer)
);

-- Singular values, see SpectrumBytes.
CREATE TABLE spectrum (
  run TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  sigma BLOB NOT NULL,
  PRIMARY KEY (run, epoch, layer)
);
