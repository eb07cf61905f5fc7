/**
 * The vocabulary that every room shares: element types, shapes, roles, response codes, the description of an epoch's
 * regions, the flags of the JVM, and the exceptions. Imports nothing of ours.
 */
@NullMarked
package io.tensorpool;

import org.jspecify.annotations.NullMarked;
