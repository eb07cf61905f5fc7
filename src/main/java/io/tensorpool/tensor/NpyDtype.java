package io.tensorpool.tensor;

import io.tensorpool.Dtype;
import org.jspecify.annotations.Nullable;

/**
 * NumPy's type descriptors ({@code '<u2'}) and ours, both ways.
 *
 * @param dtype     element type.
 * @param bigEndian whether the elements of the file are the other way round.
 */
record NpyDtype(Dtype dtype, boolean bigEndian) {
    private static final String EXPECTED =
            "expected u1, i1, u2, i2, u4, i4, u8, i8, f4, f8 or b1 after one of '<', '>', '|', '='";

    static NpyDtype parse(final String name, final String descriptor) throws NpyFormatException {
        if (descriptor.length() < 2) {
            throw refused(name, descriptor, "unknown");
        }
        final char byteOrder = descriptor.charAt(0);
        final String type = descriptor.substring(1);
        final Dtype dtype = "<>|=".indexOf(byteOrder) < 0 ? null : dtypeOf(type);
        if (dtype == null) {
            throw refused(name, descriptor, kindOf(type.charAt(0)));
        }
        return new NpyDtype(dtype, byteOrder == '>');
    }

    /** Descriptor to write; BYTES and BIT have no counterpart in NumPy and are written as unsigned bytes. */
    static String descriptor(final Dtype dtype) {
        return switch (dtype) {
            case UINT8, BYTES, BIT -> "|u1";
            case INT8 -> "|i1";
            case UINT16 -> "<u2";
            case INT16 -> "<i2";
            case UINT32 -> "<u4";
            case INT32 -> "<i4";
            case UINT64 -> "<u8";
            case INT64 -> "<i8";
            case FLOAT32 -> "<f4";
            case FLOAT64 -> "<f8";
            case BOOLEAN -> "|b1";
        };
    }

    private static @Nullable Dtype dtypeOf(final String type) {
        return switch (type) {
            case "u1" -> Dtype.UINT8;
            case "i1" -> Dtype.INT8;
            case "u2" -> Dtype.UINT16;
            case "i2" -> Dtype.INT16;
            case "u4" -> Dtype.UINT32;
            case "i4" -> Dtype.INT32;
            case "u8" -> Dtype.UINT64;
            case "i8" -> Dtype.INT64;
            case "f4" -> Dtype.FLOAT32;
            case "f8" -> Dtype.FLOAT64;
            case "b1" -> Dtype.BOOLEAN;
            default -> null;
        };
    }

    private static String kindOf(final char kind) {
        return switch (kind) {
            case 'O' -> "object (pickled)";
            case 'S', 'a' -> "byte string";
            case 'U' -> "string";
            case 'V' -> "void";
            case 'M' -> "date";
            case 'm' -> "time span";
            case 'c' -> "complex";
            case 'f' -> "floating-point";
            default -> "unknown";
        };
    }

    private static NpyFormatException refused(final String name, final String descriptor, final String kind) {
        return new NpyFormatException(name + ": " + kind + " dtype " + NpyHeaderParser.printable(descriptor)
                + " cannot be a tensor; " + EXPECTED);
    }
}
