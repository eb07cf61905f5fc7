package io.tensorpool.conformance;

import io.tensorpool.support.Json;
import java.util.ArrayList;
import java.util.List;

/**
 * The members of a message or group entry in the manifest, which keeps fields, groups and data apart while a schema has
 * one sequence of them.
 */
final class GoldenMembers {
    private static final List<String> SECTIONS = List.of("fields", "groups", "data");

    private GoldenMembers() {}

    /** Names of all members, in the order of encoding. */
    static List<String> names(final Json block) {
        final List<String> names = new ArrayList<>();
        for (final String section : SECTIONS) {
            if (block.has(section)) {
                names.addAll(block.get(section).names());
            }
        }
        return names;
    }

    /** What the manifest says of one member. */
    static Json value(final Json block, final String name) {
        for (final String section : SECTIONS) {
            if (block.has(section) && block.get(section).has(name)) {
                return block.get(section).get(name);
            }
        }
        throw new IllegalStateException("the manifest has no member '" + name + "' in " + block);
    }
}
