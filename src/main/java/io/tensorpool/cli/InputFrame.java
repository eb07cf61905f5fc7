package io.tensorpool.cli;

import io.tensorpool.TensorShape;
import java.lang.foreign.MemorySegment;

/**
 * One picture or array in memory.
 *
 * @param shape contiguous.
 * @param data  as long as the shape says.
 */
record InputFrame(TensorShape shape, MemorySegment data) {}
