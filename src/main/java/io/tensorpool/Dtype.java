package io.tensorpool;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Scalar type of a tensor's elements, as numbered by the wire specification (section 15.8). All elements are
 * little-endian. {@link #BOOLEAN}, {@link #BYTES} and {@link #BIT} elements are one byte each.
 */
public enum Dtype {
    /** Unsigned 8-bit integer. */
    UINT8(1, 1),
    /** Signed 8-bit integer. */
    INT8(2, 1),
    /** Unsigned 16-bit integer. */
    UINT16(3, 2),
    /** Signed 16-bit integer. */
    INT16(4, 2),
    /** Unsigned 32-bit integer. */
    UINT32(5, 4),
    /** Signed 32-bit integer. */
    INT32(6, 4),
    /** Unsigned 64-bit integer. */
    UINT64(7, 8),
    /** Signed 64-bit integer. */
    INT64(8, 8),
    /** IEEE 754 binary32. */
    FLOAT32(9, 4),
    /** IEEE 754 binary64. */
    FLOAT64(10, 8),
    /** One byte, 0 or 1. */
    BOOLEAN(11, 1),
    /** Opaque bytes. */
    BYTES(13, 1),
    /** Packed bits; dimensions and strides count bytes. */
    BIT(14, 1);

    private static final @Nullable Dtype[] BY_CODE = new Dtype[15];

    static {
        for (final Dtype dtype : values()) {
            BY_CODE[dtype.code] = dtype;
        }
    }

    private final int code;
    private final int sizeBytes;

    Dtype(final int code, final int sizeBytes) {
        this.code = code;
        this.sizeBytes = sizeBytes;
    }

    /**
     * Number of this type on the wire.
     *
     * @return 1 to 14, never 12.
     */
    public int code() {
        return code;
    }

    /**
     * Size of one element.
     *
     * @return 1, 2, 4 or 8 bytes.
     */
    public int sizeBytes() {
        return sizeBytes;
    }

    /**
     * Type of a number from the wire. UNKNOWN (0) and every undefined number have no type: such a frame is rejected
     * (wire 15.8).
     *
     * @param code any value.
     * @return the type, or null if the number names none.
     */
    public static @Nullable Dtype fromCode(final int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }

    /**
     * Type of a name, as {@link #name()} has it, in any letter case.
     *
     * @param name for instance {@code uint16}.
     * @return the type.
     * @throws ConfigurationException if no type has that name; the message lists those there are.
     */
    public static Dtype parse(final String name) {
        final String upperCase = name.toUpperCase(Locale.ROOT);
        for (final Dtype dtype : values()) {
            if (dtype.name().equals(upperCase)) {
                return dtype;
            }
        }
        final StringBuilder known = new StringBuilder();
        for (final Dtype dtype : values()) {
            known.append(known.isEmpty() ? "" : ", ").append(dtype.name().toLowerCase(Locale.ROOT));
        }
        throw new ConfigurationException("unknown dtype '" + name + "': expected one of " + known);
    }
}
