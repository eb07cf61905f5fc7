package io.tensorpool.bench;

import io.tensorpool.TensorPoolException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the lines of a role, which may be any program: an error names the role and what it said. */
final class RoleOutput {
    private static final int SHOWN_LENGTH = 80;

    private RoleOutput() {}

    /** What follows RESULT: key=value, separated by spaces; values are whole numbers, none of them negative. */
    static Map<String, Long> figures(final String role, final String text) {
        final Map<String, Long> figures = new LinkedHashMap<>();
        for (final String word : words(text)) {
            final int sign = word.indexOf('=');
            if (sign <= 0) {
                throw bad(role, RoleTalk.RESULT, word, "key=value");
            }
            final String key = word.substring(0, sign);
            if (figures.put(key, number(role, RoleTalk.RESULT, word, word.substring(sign + 1))) != null) {
                throw bad(role, RoleTalk.RESULT, word, "each key once");
            }
        }
        return figures;
    }

    /** What follows LATENCIES: nanoseconds, separated by spaces. */
    static List<Long> latencies(final String role, final String text) {
        return Arrays.stream(words(text))
                .map(word -> number(role, RoleTalk.LATENCIES, word, word))
                .toList();
    }

    static long required(final String role, final Map<String, Long> figures, final String key) {
        final Long value = figures.get(key);
        if (value == null) {
            throw new TensorPoolException("the " + role + " said " + RoleTalk.RESULT + " without '" + key
                    + "', only with " + figures.keySet());
        }
        return value;
    }

    private static String[] words(final String text) {
        return text.isBlank() ? new String[0] : text.strip().split("\\s+", -1);
    }

    private static long number(final String role, final String line, final String word, final String digits) {
        // Nineteen digits and more need not fit; nothing that is measured has so many.
        if (!digits.matches("[0-9]{1,18}")) {
            throw bad(role, line, word, "a whole number, at least 0 and of at most 18 digits");
        }
        return Long.parseLong(digits);
    }

    private static TensorPoolException bad(
            final String role, final String line, final String word, final String expected) {
        final String shown = word.length() > SHOWN_LENGTH ? word.substring(0, SHOWN_LENGTH) + "..." : word;
        return new TensorPoolException("the " + role + " said " + line + " with '" + shown + "': expected " + expected);
    }
}
