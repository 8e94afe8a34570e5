-- How small the network of a run's epoch becomes by low rank alone: the smallest one found by a method
-- that loses at most so many points of the test accuracy.
CREATE TABLE compressibility (
  run TEXT NOT NULL REFERENCES run (id),
  epoch INTEGER NOT NULL,
  method TEXT NOT NULL CHECK (method IN ('PLAIN', 'DATA_AWARE')),
  points DOUBLE PRECISION NOT NULL,
  dense_accuracy DOUBLE PRECISION NOT NULL,
  parameters BIGINT NOT NULL,
  parameters_left BIGINT NOT NULL,
  share DOUBLE PRECISION NOT NULL,
  accuracy DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (run, epoch, method, points)
);

-- A session that searches holds the run as one that trains does; the run stays COMPLETED meanwhile.
ALTER TABLE run ADD COLUMN search_crashes INTEGER NOT NULL DEFAULT 0;

-- TRAINING or SEARCH; from_epoch is then the epoch searched.
ALTER TABLE attempt ADD COLUMN task TEXT NOT NULL DEFAULT 'TRAINING';
