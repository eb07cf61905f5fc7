/** Media driver, driver and client in one process; the only room that knows both sides. */
@NullMarked
package io.tensorpool.embedded;

import org.jspecify.annotations.NullMarked;
