package io.tensorpool.protocol;

import io.tensorpool.codec.wire.MessageHeaderDecoder;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.agrona.DirectBuffer;

/**
 * The one place where a message is checked before it is decoded: schema, template, version, block length, and that every
 * group and variable-length field lies inside the message. Messages of several schemas share a channel; what is not for
 * the holder of this gate is ignored.
 *
 * <p>Decoders trust the lengths inside a message, and their buffer is a whole term of the log; so a hostile length would
 * read another message, or, with Agrona's bounds checks off, beyond the mapping. After this gate it cannot.
 */
final class SchemaGate {
    /** Another schema's, or a template that the holder does not read. */
    static final int FOREIGN = -1;
    /** Shorter than its own lengths say, or than its schema asks for. */
    static final int MALFORMED = -2;
    /** A newer version of the schema than ours (driver specification 4.4a: rejected). */
    static final int NEWER_VERSION = -3;

    private static final int HEADER_LENGTH = MessageHeaderDecoder.ENCODED_LENGTH;
    private static final int VAR_DATA_LENGTH_BYTES = 4;
    private static final int GROUP_HEADER_LENGTH = 4;
    private static final int MAX_TEMPLATES = 64;

    private final int schemaId;
    private final int version;
    private final int[] blockLengths = new int[MAX_TEMPLATES];
    private final int[] entryBlockLengths = new int[MAX_TEMPLATES];
    private final int[] entryDataFields = new int[MAX_TEMPLATES];
    private final int[] dataFields = new int[MAX_TEMPLATES];

    private long malformed;
    private long newerVersion;

    SchemaGate(final int schemaId, final int version) {
        this.schemaId = schemaId;
        this.version = version;
        Arrays.fill(blockLengths, -1);
        Arrays.fill(entryBlockLengths, -1);
    }

    /** Admits a message of a fixed block and so many variable-length fields. */
    SchemaGate template(final int templateId, final int blockLength, final int trailingDataFields) {
        blockLengths[templateId] = blockLength;
        dataFields[templateId] = trailingDataFields;
        return this;
    }

    /** Admits a message of a fixed block, one group whose entries end in variable-length fields, and then more of these. */
    SchemaGate templateWithGroup(
            final int templateId,
            final int blockLength,
            final int entryBlockLength,
            final int dataFieldsOfEntry,
            final int trailingDataFields) {
        entryBlockLengths[templateId] = entryBlockLength;
        entryDataFields[templateId] = dataFieldsOfEntry;
        return template(templateId, blockLength, trailingDataFields);
    }

    /**
     * Checks a message.
     *
     * @return its template id, or {@link #FOREIGN}, {@link #MALFORMED}, {@link #NEWER_VERSION}.
     */
    int admit(final DirectBuffer buffer, final int offset, final int length) {
        if (length < HEADER_LENGTH) {
            malformed++;
            return MALFORMED;
        }
        if (u16(buffer, offset + MessageHeaderDecoder.schemaIdEncodingOffset()) != schemaId) {
            return FOREIGN;
        }
        final int templateId = u16(buffer, offset + MessageHeaderDecoder.templateIdEncodingOffset());
        if (templateId >= MAX_TEMPLATES || blockLengths[templateId] < 0) {
            return FOREIGN;
        }
        if (u16(buffer, offset + MessageHeaderDecoder.versionEncodingOffset()) > version) {
            newerVersion++;
            return NEWER_VERSION;
        }
        final int blockLength = u16(buffer, offset + MessageHeaderDecoder.blockLengthEncodingOffset());
        if (blockLength < blockLengths[templateId] || !isWhole(buffer, offset, length, templateId, blockLength)) {
            malformed++;
            return MALFORMED;
        }
        return templateId;
    }

    /** Template id in the header of a message that was not admitted but is long enough to have one. */
    static int templateId(final DirectBuffer buffer, final int offset) {
        return u16(buffer, offset + MessageHeaderDecoder.templateIdEncodingOffset());
    }

    /** Messages of ours, so far, whose lengths were wrong. */
    long malformed() {
        return malformed;
    }

    /** Messages of ours, so far, in a version newer than ours. */
    long newerVersion() {
        return newerVersion;
    }

    private boolean isWhole(
            final DirectBuffer buffer,
            final int offset,
            final int length,
            final int templateId,
            final int blockLength) {
        final long end = (long) offset + length;
        long position = (long) offset + HEADER_LENGTH + blockLength;
        if (entryBlockLengths[templateId] >= 0) {
            position = afterGroup(buffer, position, end, templateId);
        }
        return position >= 0 && position <= end && afterData(buffer, position, end, dataFields[templateId]) >= 0;
    }

    private long afterGroup(final DirectBuffer buffer, final long groupPosition, final long end, final int templateId) {
        if (groupPosition + GROUP_HEADER_LENGTH > end) {
            return -1;
        }
        final int entryBlockLength = u16(buffer, (int) groupPosition);
        final int entries = u16(buffer, (int) groupPosition + 2);
        if (entryBlockLength < entryBlockLengths[templateId]) {
            return -1;
        }
        long position = groupPosition + GROUP_HEADER_LENGTH;
        for (int i = 0; i < entries && position >= 0; i++) {
            position = afterData(buffer, position + entryBlockLength, end, entryDataFields[templateId]);
        }
        return position;
    }

    private static long afterData(
            final DirectBuffer buffer, final long dataPosition, final long end, final int fields) {
        long position = dataPosition;
        if (position > end) {
            return -1;
        }
        for (int i = 0; i < fields; i++) {
            if (position + VAR_DATA_LENGTH_BYTES > end) {
                return -1;
            }
            final long dataLength = Integer.toUnsignedLong(buffer.getInt((int) position, ByteOrder.LITTLE_ENDIAN));
            position += VAR_DATA_LENGTH_BYTES + dataLength;
            if (position > end) {
                return -1;
            }
        }
        return position;
    }

    private static int u16(final DirectBuffer buffer, final int index) {
        return buffer.getShort(index, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }
}
