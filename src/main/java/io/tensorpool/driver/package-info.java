/**
 * The driver: the one authority over shared memory. It creates and removes every region, grants leases on streams, counts
 * their epochs, and announces them (driver specification).
 */
@NullMarked
package io.tensorpool.driver;

import org.jspecify.annotations.NullMarked;
