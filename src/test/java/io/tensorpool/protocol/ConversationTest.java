package io.tensorpool.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import io.aeron.Publication;
import io.tensorpool.support.MessageLog;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every message, from the proxy that says it to the adapter that hears it, whole and disfigured. */
class ConversationTest {
    private static final int BLOCK_LENGTH_OFFSET = 0;
    private static final int TEMPLATE_ID_OFFSET = 2;
    private static final int SCHEMA_ID_OFFSET = 4;
    private static final int VERSION_OFFSET = 6;
    private static final int HEADER_LENGTH = 8;
    private static final int MUTATIONS = 20_000;

    @ParameterizedTest
    @EnumSource
    void shouldHearWhatWasSaid(final Conversation conversation) {
        assertThat(conversation.hear(conversation.message())).containsExactly(conversation.expected());
    }

    @ParameterizedTest
    @EnumSource
    void shouldPassTheRefusalOfTheStreamOn(final Conversation conversation) {
        final MessageLog full = new MessageLog();
        full.backPressured(true);

        assertThat(conversation.say(full)).isEqualTo(Publication.BACK_PRESSURED);
    }

    @ParameterizedTest
    @EnumSource
    void shouldIgnoreOtherSchemas(final Conversation conversation) {
        assertThat(conversation.hear(patched(conversation, SCHEMA_ID_OFFSET, 910)))
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void shouldIgnoreUnknownTemplates(final Conversation conversation) {
        for (final int templateId : new int[] {0, 44, 63, 64, 0xFFFF}) {
            assertThat(conversation.hear(patched(conversation, TEMPLATE_ID_OFFSET, templateId)))
                    .as("template %d", templateId)
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotReadANewerVersion(final Conversation conversation) {
        final List<String> heard = conversation.hear(patched(conversation, VERSION_OFFSET, 2));

        assertThat(heard)
                .isEqualTo(
                        switch (conversation) {
                            case ATTACH_REQUEST -> List.of("unreadable attach -5 true");
                            case ATTACH_REQUEST_WITHOUT_NODE_ID -> List.of("unreadable attach 6 true");
                            case DETACH_REQUEST -> List.of("unreadable detach 7 true");
                            case KEEPALIVE, SHUTDOWN_REQUEST -> List.of("unreadable message true");
                            default -> List.of();
                        });
    }

    @ParameterizedTest
    @EnumSource
    void shouldReadABlockThatALaterVersionMadeLonger(final Conversation conversation) {
        final byte[] message = conversation.message();
        final int blockLength = u16(message, BLOCK_LENGTH_OFFSET);
        final byte[] longer = new byte[message.length + 16];
        final int blockEnd = HEADER_LENGTH + blockLength;
        System.arraycopy(message, 0, longer, 0, blockEnd);
        Arrays.fill(longer, blockEnd, blockEnd + 16, (byte) 0xEE);
        System.arraycopy(message, blockEnd, longer, blockEnd + 16, message.length - blockEnd);
        put16(longer, BLOCK_LENGTH_OFFSET, blockLength + 16);

        assertThat(conversation.hear(longer)).containsExactly(conversation.expected());
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotReadAShorterBlock(final Conversation conversation) {
        final byte[] message = conversation.message();
        put16(message, BLOCK_LENGTH_OFFSET, u16(message, BLOCK_LENGTH_OFFSET) - 1);

        assertThat(conversation.hear(message)).allMatch(line -> line.startsWith("unreadable"));
    }

    @ParameterizedTest
    @EnumSource
    void shouldNotReadAMessageCutOffAnywhere(final Conversation conversation) {
        final byte[] message = conversation.message();
        for (int length = 0; length < message.length; length++) {
            assertThat(conversation.hear(Arrays.copyOf(message, length)))
                    .as("%d of %d bytes", length, message.length)
                    .allMatch(line -> line.startsWith("unreadable") && line.endsWith("false"));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Conversation.class,
            names = {"ATTACH_RESPONSE", "ANNOUNCE", "DATA_SOURCE_META"})
    void shouldNotReadMoreGroupEntriesThanThereAre(final Conversation conversation) {
        final byte[] message = conversation.message();
        final int groupOffset = HEADER_LENGTH + u16(message, BLOCK_LENGTH_OFFSET);
        final int entries = u16(message, groupOffset + 2);
        for (final int claimed : new int[] {entries + 1, 255, 0xFFFF}) {
            put16(message, groupOffset + 2, claimed);
            assertThat(conversation.hear(message)).as("%d entries", claimed).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = Conversation.class,
            names = {
                "ATTACH_REFUSAL",
                "DETACH_RESPONSE",
                "LEASE_REVOKED",
                "DRIVER_SHUTDOWN",
                "HELLO",
                "CONFIG_THAT_DECLINES"
            })
    void shouldNotReadDataLongerThanTheMessage(final Conversation conversation) {
        final byte[] message = conversation.message();
        final int textLength = switch (conversation) {
            case ATTACH_REFUSAL -> 25;
            case LEASE_REVOKED -> "lease expired".length();
            default -> 0;
        };
        final int lengthOffset = message.length - textLength - Integer.BYTES;
        assertThat(ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(lengthOffset))
                .isEqualTo(textLength);
        for (final int claimed : new int[] {textLength + 1, 4096, Integer.MAX_VALUE, Integer.MIN_VALUE, -1}) {
            ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putInt(lengthOffset, claimed);
            assertThat(conversation.hear(message))
                    .as("%s bytes", Integer.toUnsignedString(claimed))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource
    void shouldCountWhatItCouldNotRead(final Conversation conversation) {
        final byte[] message = patched(conversation, BLOCK_LENGTH_OFFSET, 1);
        conversation.hear(
                message,
                handler -> assertThat(
                                switch (handler) {
                                    case final DriverRequestAdapter adapter -> adapter.unreadable();
                                    case final DriverEventAdapter adapter -> adapter.unreadable();
                                    case final AnnounceAdapter adapter -> adapter.unreadable();
                                    case final ConsumerHelloAdapter adapter -> adapter.unreadable();
                                    case final ConsumerConfigAdapter adapter -> adapter.unreadable();
                                    case final DescriptorAdapter adapter -> adapter.unreadable();
                                    case final QosAdapter adapter -> adapter.unreadable();
                                    case final MetadataAdapter adapter -> adapter.unreadable();
                                    case final ControlResponseAdapter adapter -> adapter.unreadable();
                                    default -> -1;
                                })
                        .isEqualTo(1));
    }

    /** The message ends with its buffer: whoever reads past it gets an exception, and the test with it. */
    @ParameterizedTest
    @EnumSource
    void shouldSurviveAnyMutation(final Conversation conversation) {
        final long seed = System.nanoTime();
        final Random random = new Random(seed);
        final byte[] original = conversation.message();
        for (int i = 0; i < MUTATIONS; i++) {
            final byte[] mutated = mutated(original, random);
            try {
                conversation.hear(mutated);
            } catch (final RuntimeException ex) {
                throw new AssertionError("seed " + seed + ", mutation " + i, ex);
            }
        }
    }

    private static byte[] mutated(final byte[] original, final Random random) {
        final byte[] mutated =
                Arrays.copyOf(original, random.nextInt(4) == 0 ? random.nextInt(original.length + 9) : original.length);
        for (int changes = random.nextInt(4); changes > 0 && mutated.length > 0; changes--) {
            final int at = random.nextBoolean() ? random.nextInt(mutated.length) : randomFieldEnd(mutated, random);
            mutated[at] = (byte) (random.nextBoolean() ? random.nextInt() : random.nextBoolean() ? -1 : 0);
        }
        return mutated;
    }

    /** The header and the end, where lengths are, more often than chance would have it. */
    private static int randomFieldEnd(final byte[] message, final Random random) {
        final int near = random.nextInt(Math.min(16, message.length));
        return random.nextBoolean() ? near : message.length - 1 - near;
    }

    private static byte[] patched(final Conversation conversation, final int offset, final int value) {
        final byte[] message = conversation.message();
        put16(message, offset, value);
        return message;
    }

    private static int u16(final byte[] message, final int offset) {
        return ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getShort(offset) & 0xFFFF;
    }

    private static void put16(final byte[] message, final int offset, final int value) {
        ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).putShort(offset, (short) value);
    }
}
