package io.tensorpool.conformance;

import static io.tensorpool.conformance.Codec.call;
import static io.tensorpool.conformance.Codec.callInt;
import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.conformance.SchemaDocument.Member;
import io.tensorpool.conformance.SchemaDocument.Message;
import io.tensorpool.support.Json;
import java.math.BigInteger;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;

/**
 * Reads one golden message with its generated decoder and compares what the decoder says, value by value and offset by
 * offset, with what the manifest says. The members asked for are those of the schema, and the manifest must have the
 * same ones, so that neither can leave one out unseen.
 */
final class GoldenDecoding {
    private static final Map<String, Integer> BYTES_OF_TYPE =
            Map.of("uint8", 1, "int8", 1, "uint16", 2, "int16", 2, "uint32", 4, "int32", 4, "uint64", 8, "int64", 8);

    private final Object message;

    private GoldenDecoding(final Object message) {
        this.message = message;
    }

    static void check(final SchemaDocument schema, final Json vector, final DirectBuffer buffer) {
        final Object header = Codec.create(schema, "MessageHeaderDecoder");
        call(header, "wrap", buffer, 0);
        for (final String field : List.of("blockLength", "templateId", "schemaId", "version")) {
            assertThat(callInt(header, field))
                    .as("message header %s", field)
                    .isEqualTo(vector.get(field).intValue());
        }

        final Message expected = schema.message(vector.get("templateId").intValue());
        assertThat(expected.name()).isEqualTo(vector.get("message").text());
        final Object decoder = Codec.wrapDecoder(schema, expected.name(), buffer);
        assertThat(callInt(decoder, "sbeBlockLength"))
                .isEqualTo(vector.get("blockLength").intValue());

        final GoldenDecoding decoding = new GoldenDecoding(decoder);
        decoding.checkBlock(expected.name(), decoder, expected.members(), vector, Codec.MESSAGE_HEADER_BYTES);
        assertThat(decoding.limit())
                .as("end of %s", expected.name())
                .isEqualTo(vector.get("size").intValue());
    }

    private int limit() {
        return callInt(message, "limit");
    }

    private void checkBlock(
            final String path,
            final Object decoder,
            final List<Member> members,
            final Json expected,
            final int blockStart) {
        assertThat(GoldenMembers.names(expected))
                .as("members of %s in the manifest", path)
                .isEqualTo(members.stream().map(Member::name).toList());
        for (final Member member : members) {
            final String memberPath = path + "." + member.name();
            final Json value = GoldenMembers.value(expected, member.name());
            switch (member.kind()) {
                case FIELD -> checkField(memberPath, decoder, member.name(), value, blockStart);
                case GROUP -> checkGroup(memberPath, decoder, member, value);
                case DATA -> checkData(memberPath, decoder, member.name(), value);
            }
        }
    }

    private static void checkField(
            final String path, final Object decoder, final String name, final Json expected, final int blockStart) {
        if (expected.isArray()) {
            checkArray(path, decoder, name, expected.elements());
        } else if (expected.has("constant")) {
            assertThat(callInt(decoder, name))
                    .as(path)
                    .isEqualTo(expected.get("constant").intValue());
        } else {
            assertThat(blockStart + callInt(decoder, name + "EncodingOffset"))
                    .as("offset of %s", path)
                    .isEqualTo(expected.get("offset").intValue());
            checkScalar(path, decoder, name, expected);
        }
    }

    private static void checkArray(
            final String path, final Object decoder, final String name, final List<Json> expected) {
        assertThat(callInt(decoder, name + "Length")).as("length of %s", path).isEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            assertThat(callInt(decoder, name, i))
                    .as("%s[%d]", path, i)
                    .isEqualTo(expected.get(i).intValue());
        }
    }

    private static void checkScalar(final String path, final Object decoder, final String name, final Json expected) {
        final String type = expected.get("type").text();
        final BigInteger value = expected.get("value").integer();
        final boolean isNull = expected.has("null") && expected.get("null").bool();
        final int bytes = BYTES_OF_TYPE.get(type);
        if (expected.has("enum")) {
            assertThat(number(type, call(decoder, name + "Raw"))).as(path).isEqualTo(value);
            final Json constant = expected.get("enum");
            assertThat(((Enum<?>) call(decoder, name)).name())
                    .as("constant of %s", path)
                    .isEqualTo(constant.isNull() ? "NULL_VAL" : constant.text());
        } else if (Codec.has(decoder, name, int.class)) {
            // Reserved bytes: the manifest has the first one.
            assertThat(number(type, call(decoder, name, 0))).as(path).isEqualTo(value);
            return;
        } else {
            assertThat(number(type, call(decoder, name))).as(path).isEqualTo(value);
            if (isNull) {
                assertThat(number(type, call(decoder, name + "NullValue")))
                        .as("null value of %s", path)
                        .isEqualTo(value);
            }
        }
        assertThat(callInt(decoder, name + "EncodingLength"))
                .as("length of %s", path)
                .isEqualTo(bytes);
    }

    private void checkGroup(final String path, final Object decoder, final Member group, final Json expected) {
        assertThat(limit())
                .as("offset of %s", path)
                .isEqualTo(expected.get("offset").intValue());
        final Object entries = call(decoder, group.name());
        assertThat(callInt(entries, "actingBlockLength"))
                .as("block length of %s", path)
                .isEqualTo(expected.get("blockLength").intValue())
                .isEqualTo(callInt(entries, "sbeBlockLength"));
        assertThat(callInt(entries, "count"))
                .as("number of %s", path)
                .isEqualTo(expected.get("numInGroup").intValue())
                .isEqualTo(expected.get("entries").elements().size());
        int index = 0;
        for (final Json entry : expected.get("entries").elements()) {
            final int entryStart = limit();
            call(entries, "next");
            checkBlock(path + "[" + index++ + "]", entries, group.members(), entry, entryStart);
        }
        assertThat(call(entries, "hasNext")).as("more of %s", path).isEqualTo(false);
    }

    private void checkData(final String path, final Object decoder, final String name, final Json expected) {
        if (expected.isText()) {
            assertThat(call(decoder, name)).as(path).isEqualTo(expected.text());
            return;
        }
        final int length = callInt(decoder, name + "Length");
        assertThat(limit())
                .as("offset of %s", path)
                .isEqualTo(expected.get("offset").intValue());
        assertThat(length)
                .as("length of %s", path)
                .isEqualTo(expected.get("length").intValue());
        if (expected.has("ascii")) {
            assertThat(call(decoder, name))
                    .as(path)
                    .isEqualTo(expected.get("ascii").text());
        } else {
            final byte[] bytes = new byte[length];
            assertThat(callInt(decoder, "get" + Codec.capitalised(name), bytes, 0, length))
                    .isEqualTo(length);
            assertThat(HexFormat.of().formatHex(bytes))
                    .as(path)
                    .isEqualTo(expected.get("hex").text());
        }
    }

    private static BigInteger number(final String type, final Object decoded) {
        final long bits = ((Number) decoded).longValue();
        return "uint64".equals(type) ? new BigInteger(Long.toUnsignedString(bits)) : BigInteger.valueOf(bits);
    }
}
