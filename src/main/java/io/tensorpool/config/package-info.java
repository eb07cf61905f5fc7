/**
 * Files and environment to contexts: one reader per service, each with one table of keys that drives parsing, the
 * environment's overrides and the documentation. The TOML parser is an optional dependency, and only this room knows it.
 */
@NullMarked
package io.tensorpool.config;

import org.jspecify.annotations.NullMarked;
