/**
 * What a user does with the memory of a tensor: reading and writing NumPy's {@code .npy} files. Knows shapes and
 * segments, and nothing of how they travel.
 */
@NullMarked
package io.tensorpool.tensor;

import org.jspecify.annotations.NullMarked;
