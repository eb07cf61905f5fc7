/**
 * The commands, one class each, and what only they need: pictures and arrays as input and output, the hash that proves
 * a frame arrived whole, latency figures. May use every room; nothing uses it.
 */
@NullMarked
package io.tensorpool.cli;

import org.jspecify.annotations.NullMarked;
