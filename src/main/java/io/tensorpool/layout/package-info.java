/**
 * What lies in shared memory, as memory layouts: pictures, offsets and handles; and the few accesses that need an order
 * ({@link io.tensorpool.layout.SeqCommit}). Knows no file and no mapping.
 */
@NullMarked
package io.tensorpool.layout;

import org.jspecify.annotations.NullMarked;
