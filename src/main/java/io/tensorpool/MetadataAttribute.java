package io.tensorpool;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Pattern;

/** A named value of a stream's metadata (wire specification 10.3.2). Immutable. */
public final class MetadataAttribute {
    /** Longest key, in characters. */
    public static final int MAX_KEY_LENGTH = 256;
    /** Longest format, in characters. */
    public static final int MAX_FORMAT_LENGTH = 256;
    /** Format of text in UTF-8. */
    public static final String TEXT = "text/plain";
    /** Format of bytes of which nothing else is said. */
    public static final String BYTES = "application/octet-stream";

    private static final Pattern FORMAT =
            Pattern.compile("[A-Za-z0-9_!#$&^.+-]+/[A-Za-z0-9_!#$&^.+-]+( *;[\\x20-\\x7E]*)?|sbe:\\d{1,5}\\.\\d{1,5}");

    private final String key;
    private final String format;
    private final byte[] value;

    private MetadataAttribute(final String key, final String format, final byte[] value) {
        this.key = key;
        this.format = format;
        this.value = value;
    }

    /**
     * An attribute to be sent.
     *
     * @param key    1 to {@link #MAX_KEY_LENGTH} printable ASCII characters.
     * @param format how the value is encoded: a media type such as {@code application/json}, or
     *               {@code sbe:<schema id>.<template id>}; at most {@link #MAX_FORMAT_LENGTH} characters.
     * @param value  copied; may be empty.
     * @return the attribute.
     * @throws IllegalArgumentException if key or format is not as described.
     */
    public static MetadataAttribute of(final String key, final String format, final byte[] value) {
        checkKey(key);
        if (format.length() > MAX_FORMAT_LENGTH || !FORMAT.matcher(format).matches()) {
            throw new IllegalArgumentException("format '" + format + "' of attribute '" + key
                    + "': expected a media type such as application/json, or sbe:<schema id>.<template id>, of at most "
                    + MAX_FORMAT_LENGTH + " characters");
        }
        return new MetadataAttribute(key, format, value.clone());
    }

    /**
     * Checks a key.
     *
     * @param key to be checked.
     * @throws IllegalArgumentException if it is not 1 to {@link #MAX_KEY_LENGTH} printable ASCII characters.
     */
    public static void checkKey(final String key) {
        if (key.isEmpty() || key.length() > MAX_KEY_LENGTH || !isPrintable(key)) {
            throw new IllegalArgumentException(
                    "key '" + key + "': expected 1 to " + MAX_KEY_LENGTH + " printable ASCII characters");
        }
    }

    /**
     * Whether a text is made of printable ASCII characters only.
     *
     * @param text to be checked.
     * @return true also for an empty one.
     */
    public static boolean isPrintable(final String text) {
        return text.chars().allMatch(character -> character >= ' ' && character <= '~');
    }

    /**
     * Text to be sent, in format {@link #TEXT}.
     *
     * @param key  as for {@link #of}.
     * @param text encoded in UTF-8.
     * @return the attribute.
     */
    public static MetadataAttribute text(final String key, final String text) {
        return of(key, TEXT, text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * An attribute as it was received. Its format is whatever the sender called it.
     *
     * @param key    checked by the receiver.
     * @param format checked by the receiver.
     * @param value  not copied.
     * @return the attribute.
     */
    public static MetadataAttribute received(final String key, final String format, final byte[] value) {
        return new MetadataAttribute(key, format, value);
    }

    /**
     * Name of the attribute.
     *
     * @return printable ASCII, not empty.
     */
    public String key() {
        return key;
    }

    /**
     * How the value is encoded.
     *
     * @return printable ASCII; of a received attribute possibly empty, or no media type.
     */
    public String format() {
        return format;
    }

    /**
     * The value.
     *
     * @return a copy.
     */
    public byte[] value() {
        return value.clone();
    }

    /**
     * Length of the value.
     *
     * @return in bytes.
     */
    public int valueLengthBytes() {
        return value.length;
    }

    /**
     * The value as text.
     *
     * @return decoded as UTF-8.
     */
    public String text() {
        return new String(value, StandardCharsets.UTF_8);
    }

    @Override
    public boolean equals(final Object other) {
        return other instanceof final MetadataAttribute that
                && key.equals(that.key)
                && format.equals(that.format)
                && Arrays.equals(value, that.value);
    }

    @Override
    public int hashCode() {
        return 31 * key.hashCode() + Arrays.hashCode(value);
    }

    @Override
    public String toString() {
        return key + " (" + format + ", " + value.length + " bytes)";
    }
}
