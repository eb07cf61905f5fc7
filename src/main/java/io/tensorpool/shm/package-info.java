/**
 * Files and mappings: where a region is and whether it may be opened, one epoch mapped as a whole, slots written and
 * read under the commit protocol, and the driver's side: the locked namespace and the making of regions.
 *
 * <p>Whoever touches a mapping may meet two unchecked throwables: an {@link IllegalStateException} after the mapping was
 * closed, and an {@link InternalError} if its file was truncated. Neither kills the JVM; this room raises them and leaves
 * catching to the loop that polls or claims.
 */
@NullMarked
package io.tensorpool.shm;

import org.jspecify.annotations.NullMarked;
