package io.rankfall.compress;

import java.nio.file.Path;

/**
 * Bytes of a file, known to be there when it was looked at.
 *
 * @param from the first byte
 * @param length in bytes
 */
record FileRegion(Path file, long from, long length) {}
