/**
 * What every service shares: its context, its thread (or the caller's), the connection to Aeron, the worker for slow file
 * operations, deadlines, and the check of the JVM's flags.
 */
@NullMarked
package io.tensorpool.runtime;

import org.jspecify.annotations.NullMarked;
