package io.tensorpool.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.codec.bridge.BridgeFrameChunkDecoder;
import io.tensorpool.codec.wire.FrameDescriptorDecoder;
import io.tensorpool.codec.wire.ShmRegionSuperblockDecoder;
import io.tensorpool.codec.wire.SlotHeaderDecoder;
import io.tensorpool.codec.wire.TensorHeaderDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the schemas must say for any peer to understand us, where the reference bytes leave it open or are absent. */
class SchemaIdentityTest {
    static Stream<Arguments> idsAndTemplates() {
        return Stream.of(
                Arguments.of(
                        "wire",
                        900,
                        "1 ShmPoolAnnounce, 2 ConsumerHello, 3 ConsumerConfig, 4 FrameDescriptor, 5 QosConsumer,"
                                + " 6 QosProducer, 7 DataSourceAnnounce, 8 DataSourceMeta, 9 ControlResponse,"
                                + " 10 MetaBlobAnnounce, 11 FrameProgress, 12 MetaBlobChunk, 13 MetaBlobComplete,"
                                + " 50 ShmRegionSuperblock, 51 SlotHeader, 52 TensorHeader"),
                Arguments.of(
                        "driver",
                        901,
                        "1 ShmAttachRequest, 2 ShmAttachResponse, 3 ShmDetachRequest, 4 ShmDetachResponse,"
                                + " 5 ShmLeaseKeepalive, 6 ShmDriverShutdown, 7 ShmLeaseRevoked,"
                                + " 8 ShmDriverShutdownRequest"),
                Arguments.of("bridge", 902, "1 BridgeFrameChunk"),
                Arguments.of(
                        "merge",
                        903,
                        "1 SequenceMergeMapAnnounce, 2 SequenceMergeMapRequest, 3 TimestampMergeMapAnnounce,"
                                + " 4 TimestampMergeMapRequest"),
                Arguments.of("tracelink", 904, "1 TraceLinkSet"),
                Arguments.of("discovery", 910, "1 DiscoveryRequest, 2 DiscoveryResponse"));
    }

    @ParameterizedTest
    @MethodSource("idsAndTemplates")
    void shouldCarryTheIdsOfTheProtocol(final String name, final int id, final String templates) {
        final SchemaDocument schema = SchemaDocument.read(name);

        assertThat(schema.id()).isEqualTo(id);
        assertThat(schema.version()).isEqualTo(1);
        assertThat(schema.packageName()).isEqualTo("io.tensorpool.codec." + name);
        assertThat(schema.messages().stream().map(message -> message.templateId() + " " + message.name()))
                .containsExactlyInAnyOrder(templates.split(", "));
    }

    /** Absent data has length 0; the SBE tool knows no other way to leave it out. */
    @ParameterizedTest
    @ValueSource(strings = {"wire", "driver", "bridge", "merge", "tracelink", "discovery"})
    void shouldHaveNoDataThatIsOptional(final String name) throws IOException {
        final String schema = Files.readString(Path.of("schemas", name + "-schema.xml"));
        final List<String> data = Pattern.compile("<data[^>]*>")
                .matcher(schema)
                .results()
                .map(MatchResult::group)
                .toList();

        assertThat(data).isNotNull().noneMatch(field -> field.contains("presence"));
        if (name.equals("driver")) {
            assertThat(data).hasSize(8);
        }
    }

    @Test
    void shouldTakeATraceIdOfZeroAsAbsent() {
        assertThat(FrameDescriptorDecoder.traceIdNullValue()).isZero();
        assertThat(BridgeFrameChunkDecoder.traceIdNullValue()).isZero();
    }

    @Test
    void shouldGiveTheStructuresInSharedMemoryTheirFixedSizes() {
        assertThat(ShmRegionSuperblockDecoder.BLOCK_LENGTH).isEqualTo(64);
        assertThat(SlotHeaderDecoder.BLOCK_LENGTH).isEqualTo(60);
        assertThat(TensorHeaderDecoder.BLOCK_LENGTH).isEqualTo(184);
        assertThat(SlotHeaderDecoder.padEncodingOffset() + SlotHeaderDecoder.padEncodingLength())
                .isEqualTo(60);
        assertThat(TensorHeaderDecoder.padEncodingOffset() + TensorHeaderDecoder.padEncodingLength())
                .isEqualTo(184);
    }
}
