package io.tensorpool.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.tensorpool.conformance.SchemaDocument.Member;
import io.tensorpool.conformance.SchemaDocument.Message;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The schemas are the reference for every message, so nothing in them may go without a description. */
class SchemaDocumentationTest {
    static Stream<String> schemas() {
        return SchemaDocument.NAMES.stream();
    }

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
    @MethodSource("schemas")
    void shouldDescribeEveryMessageFieldGroupAndData(final String name) {
        final SchemaDocument schema = SchemaDocument.read(name);

        final Map<String, String> descriptionByPath = new TreeMap<>();
        descriptionByPath.put("schema " + name, schema.description());
        for (final Message message : schema.messages()) {
            descriptionByPath.put(message.name(), message.description());
            collect(message.name(), message.members(), descriptionByPath);
        }

        assertThat(schema.messages()).isNotEmpty();
        assertThat(descriptionByPath)
                .allSatisfy((path, description) -> assertThat(description).isNotBlank());
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

    private static void collect(
            final String parent, final List<Member> members, final Map<String, String> descriptionByPath) {
        for (final Member member : members) {
            final String path = parent + "." + member.name();
            final String previous = descriptionByPath.put(path, member.description());
            assertThat(previous).as("second member called %s", path).isNull();
            collect(path, member.members(), descriptionByPath);
        }
    }
}
