package io.tensorpool.config;

import io.tensorpool.ClockDomain;
import io.tensorpool.ConfigurationException;
import io.tensorpool.driver.StreamIdRange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A type of value with its range.
 *
 * @param <T>      what it becomes.
 * @param expected what a value must be, for messages and documentation.
 * @param convert  null if the value is not that.
 * @param isSecret whether the value is never shown.
 */
record ValueType<T>(String expected, Function<ConfigNode, @Nullable T> convert, boolean isSecret) {
    /** Stream ids are unsigned; 0 and the highest stand for none. */
    private static final long STREAM_ID_MAX = 0xFFFF_FFFEL;

    private static final String TERM_LENGTH = "term-length=";
    private static final long TERM_MIN_BYTES = 64 * 1024;
    private static final long TERM_MAX_BYTES = 1 << 30;
    private static final Pattern CHANNEL = Pattern.compile("aeron:(ipc|udp)(\\?[^?|=]+=[^|]*(\\|[^|=]+=[^|]*)*)?");
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,10})([kKmMgG]?)");
    private static final Pattern RANGE = Pattern.compile("([0-9]{1,10})\\s*-\\s*([0-9]{1,10})");
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");
    private static final Pattern OCTAL = Pattern.compile("[0-7]{3,4}");

    /** A type whose values may be shown. */
    ValueType(final String expected, final Function<ConfigNode, @Nullable T> convert) {
        this(expected, convert, false);
    }

    /** A value as it would have to stand in a file to be of this type. */
    ConfigNode inFile(final ConfigNode node) {
        for (final ConfigNode form : node.forms()) {
            if (convert.apply(form) != null) {
                return form;
            }
        }
        return node;
    }

    /**
     * Converts a value.
     *
     * @param key  for the message.
     * @param node the value found.
     * @return what it becomes.
     * @throws ConfigurationException naming key, value, what was expected, and where it stands.
     */
    T parse(final String key, final ConfigNode node) {
        final T value = convert.apply(node);
        if (value == null) {
            throw new ConfigurationException(key + " = " + (isSecret ? "(not shown)" : node) + ": expected " + expected
                    + " (" + node.origin() + ")");
        }
        return value;
    }

    static ValueType<String> text() {
        return new ValueType<>("a string", ConfigNode::text);
    }

    static ValueType<String> secret() {
        return new ValueType<>("a string", ConfigNode::text, true);
    }

    static ValueType<String> filledText() {
        return new ValueType<>("a string that is not blank", node -> {
            final String text = node.text();
            return text == null || text.isBlank() ? null : text;
        });
    }

    static ValueType<ClockDomain> clockDomain() {
        return new ValueType<>("\"monotonic\" or \"realtime_synced\"", node -> switch (String.valueOf(node.text())) {
            case "monotonic" -> ClockDomain.MONOTONIC;
            case "realtime_synced" -> ClockDomain.REALTIME_SYNCED;
            default -> null;
        });
    }

    /** What can name one directory. */
    static ValueType<String> directoryName() {
        return new ValueType<>("letters, digits, '.', '_' and '-', without '..'", node -> {
            final String text = node.text();
            return text == null
                            || text.contains("..")
                            || text.equals(".")
                            || !NAME.matcher(text).matches()
                    ? null
                    : text;
        });
    }

    static ValueType<String> channel() {
        return new ValueType<>(
                "an Aeron channel, such as \"aeron:ipc?term-length=4m\", whose term-length, if it has one, is a power of two"
                        + " from 64k to 1g",
                node -> {
                    final String text = node.text();
                    return text == null || !CHANNEL.matcher(text).matches() || !hasUsableTerms(text) ? null : text;
                });
    }

    /** Aeron says so only when the channel is used. */
    private static boolean hasUsableTerms(final String channel) {
        for (final String parameter : channel.split("[?|]", -1)) {
            if (parameter.startsWith(TERM_LENGTH)) {
                final Matcher size = SIZE.matcher(parameter.substring(TERM_LENGTH.length()));
                if (!size.matches()) {
                    return false;
                }
                final int shift = 10 * "kmg".indexOf(size.group(2).toLowerCase(Locale.ROOT)) + 10;
                final long bytes =
                        Long.parseLong(size.group(1)) << (size.group(2).isEmpty() ? 0 : shift);
                return bytes >= TERM_MIN_BYTES && bytes <= TERM_MAX_BYTES && Long.bitCount(bytes) == 1;
            }
        }
        return true;
    }

    static ValueType<Boolean> truth() {
        return new ValueType<>("true or false", ConfigNode::truth);
    }

    static ValueType<Long> integer(final long least, final long most) {
        final String expected =
                most == Long.MAX_VALUE ? "an integer of at least " + least : "an integer from " + least + " to " + most;
        return new ValueType<>(expected, node -> {
            final Long value = node.integer();
            return value == null || value < least || value > most ? null : value;
        });
    }

    static ValueType<Long> powerOfTwo(final long least, final long most) {
        return new ValueType<>("a power of two from " + least + " to " + most, node -> {
            final Long value = node.integer();
            return value == null || value < least || value > most || Long.bitCount(value) != 1 ? null : value;
        });
    }

    static ValueType<Integer> streamId() {
        final ValueType<Long> unsigned = integer(1, STREAM_ID_MAX);
        return new ValueType<>(unsigned.expected, node -> {
            final Long value = unsigned.convert.apply(node);
            return value == null ? null : value.intValue();
        });
    }

    static ValueType<Integer> octalMode() {
        return new ValueType<>("an octal mode in a string, such as \"660\"", node -> {
            final String text = node.text();
            return text == null || !OCTAL.matcher(text).matches() ? null : Integer.valueOf(text, Byte.SIZE);
        });
    }

    static ValueType<Path> directory() {
        return new ValueType<>("an absolute path", ValueType::toAbsolutePath);
    }

    static ValueType<List<Path>> directories() {
        return new ValueType<>("an array of absolute paths, not empty", node -> {
            final List<ConfigNode> list = node.list();
            final List<Path> paths = new ArrayList<>();
            for (final ConfigNode element : list == null ? List.<ConfigNode>of() : list) {
                final Path path = toAbsolutePath(element);
                if (path == null) {
                    return null;
                }
                paths.add(path);
            }
            return paths.isEmpty() ? null : paths;
        });
    }

    private static @Nullable Path toAbsolutePath(final ConfigNode node) {
        final String text = node.text();
        return text == null || !text.startsWith("/") || text.indexOf('\0') >= 0 ? null : Path.of(text);
    }

    /** Two ids in a string or an array; empty for none. */
    static ValueType<Optional<StreamIdRange>> streamIdRange() {
        final String expected = "two ids from 1 to " + STREAM_ID_MAX
                + ", the lower first, such as \"20000-29999\" or [20000, 29999], or \"\" for none";
        return new ValueType<>(expected, node -> {
            final String text = node.text();
            final List<ConfigNode> list = text == null ? node.list() : null;
            if ((text != null && text.isBlank()) || (list != null && list.isEmpty())) {
                return Optional.empty();
            }
            final StreamIdRange range = text != null ? rangeOf(text) : list != null ? rangeOf(list) : null;
            return range == null ? null : Optional.of(range);
        });
    }

    private static @Nullable StreamIdRange rangeOf(final String text) {
        final Matcher matcher = RANGE.matcher(text.strip());
        return matcher.matches() ? range(Long.valueOf(matcher.group(1)), Long.valueOf(matcher.group(2))) : null;
    }

    private static @Nullable StreamIdRange rangeOf(final List<ConfigNode> list) {
        return list.size() == 2
                ? range(list.getFirst().integer(), list.getLast().integer())
                : null;
    }

    private static @Nullable StreamIdRange range(final @Nullable Long first, final @Nullable Long last) {
        return first == null || last == null || first < 1 || last > STREAM_ID_MAX || first > last
                ? null
                : new StreamIdRange(first.intValue(), last.intValue());
    }
}
