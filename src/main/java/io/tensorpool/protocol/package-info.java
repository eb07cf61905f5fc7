/**
 * SBE over Aeron, without policy: per conversation one proxy that says what it sends, and one adapter that says what it
 * heard. {@link io.tensorpool.protocol.SchemaGate} checks a message whole before anything is decoded.
 */
@NullMarked
package io.tensorpool.protocol;

import org.jspecify.annotations.NullMarked;
