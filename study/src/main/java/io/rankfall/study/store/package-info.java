/** Studies: runs and all that was measured on them, in SQLite or PostgreSQL. */
@NullMarked
package io.rankfall.study.store;

import org.jspecify.annotations.NullMarked;
