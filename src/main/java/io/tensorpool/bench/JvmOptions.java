package io.tensorpool.bench;

import java.util.List;

/** What the JVM of a role is started with, beside what this program needs. */
@FunctionalInterface
interface JvmOptions {
    /** Nothing. */
    JvmOptions NONE = side -> List.of();

    /** Options for the JVM of one side, in front of its main class. */
    List<String> of(Roles.Side side);
}
