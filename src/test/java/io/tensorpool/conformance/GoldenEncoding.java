package io.tensorpool.conformance;

import static io.tensorpool.conformance.Codec.call;
import static io.tensorpool.conformance.Codec.callInt;

import io.tensorpool.conformance.SchemaDocument.Member;
import io.tensorpool.conformance.SchemaDocument.Message;
import io.tensorpool.support.Json;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Writes one golden message with its generated encoder from nothing but the values in the manifest. */
final class GoldenEncoding {
    private static final byte POISON = (byte) 0xDB;
    private static final int SPARE_BYTES = 64;

    private GoldenEncoding() {}

    /** The encoded message; bytes that the encoder leaves out keep a poison value. */
    static byte[] encode(final SchemaDocument schema, final Json vector) {
        final byte[] bytes = new byte[vector.get("size").intValue() + SPARE_BYTES];
        Arrays.fill(bytes, POISON);
        final Message message = schema.message(vector.get("templateId").intValue());
        final Object encoder = Codec.wrapEncoder(schema, message.name(), new UnsafeBuffer(bytes));
        encodeBlock(encoder, message.members(), vector);
        return Arrays.copyOf(bytes, Codec.MESSAGE_HEADER_BYTES + callInt(encoder, "encodedLength"));
    }

    private static void encodeBlock(final Object encoder, final List<Member> members, final Json values) {
        for (final Member member : members) {
            final Json value = GoldenMembers.value(values, member.name());
            switch (member.kind()) {
                case FIELD -> encodeField(encoder, member.name(), value);
                case GROUP -> encodeGroup(encoder, member, value);
                case DATA -> encodeData(encoder, member.name(), value);
            }
        }
    }

    private static void encodeField(final Object encoder, final String name, final Json value) {
        if (value.isArray()) {
            for (int i = 0; i < value.elements().size(); i++) {
                Codec.setElement(encoder, name, i, value.get(i).integer());
            }
        } else if (value.has("constant")) {
            return;
        } else if (value.has("enum")) {
            final Json constant = value.get("enum");
            Codec.setEnum(encoder, name, constant.isNull() ? "NULL_VAL" : constant.text());
        } else if (Codec.has(encoder, name + "Length")) {
            encodeReserved(encoder, name, value.get("value").integer());
        } else {
            Codec.set(encoder, name, value.get("value").integer());
        }
    }

    /** Reserved bytes: the manifest has the first one, the others are 0. */
    private static void encodeReserved(final Object encoder, final String name, final BigInteger first) {
        final int length = callInt(encoder, name + "Length");
        Codec.setElement(encoder, name, 0, first);
        for (int i = 1; i < length; i++) {
            Codec.setElement(encoder, name, i, BigInteger.ZERO);
        }
    }

    private static void encodeGroup(final Object encoder, final Member group, final Json value) {
        final List<Json> entries = value.get("entries").elements();
        final Object entryEncoder = call(encoder, group.name() + "Count", entries.size());
        for (final Json entry : entries) {
            call(entryEncoder, "next");
            encodeBlock(entryEncoder, group.members(), entry);
        }
    }

    private static void encodeData(final Object encoder, final String name, final Json value) {
        if (value.isText()) {
            call(encoder, name, value.text());
        } else if (value.has("ascii")) {
            call(encoder, name, value.get("ascii").text());
        } else {
            final byte[] bytes = HexFormat.of().parseHex(value.get("hex").text());
            call(encoder, "put" + Codec.capitalised(name), bytes, 0, bytes.length);
        }
    }
}
