/**
 * Model files as streams of named weight matrices, and what makes them smaller.
 *
 * <p>{@link io.rankfall.compress.ModelWeights} tells which weights anybody's ONNX or safetensors
 * file holds and where, {@link io.rankfall.compress.Inspection} computes their spectra, {@link
 * io.rankfall.compress.Compressor} replaces the matrices of an {@link
 * io.rankfall.compress.OnnxModel} by low-rank factors under a {@link
 * io.rankfall.compress.RankPolicy}, {@link io.rankfall.compress.OnnxRuntimeSession} measures the
 * file that results.
 */
@NullMarked
package io.rankfall.compress;

import org.jspecify.annotations.NullMarked;
