package io.tensorpool.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The layouts against the literals of the specification: what is derived elsewhere is pinned here. */
class LayoutsTest {
    @Test
    void shouldPlaceSuperblockFieldsWhereTheSpecificationSays() {
        assertThat(offsets(SuperblockLayout.LAYOUT))
                .containsExactlyEntriesOf(expected(
                        "magic", 0,
                        "layoutVersion", 8,
                        "epoch", 12,
                        "streamId", 20,
                        "regionType", 24,
                        "poolId", 26,
                        "nslots", 28,
                        "slotBytes", 32,
                        "strideBytes", 36,
                        "pid", 40,
                        "startTimestampNs", 48,
                        "activityTimestampNs", 56));
        assertThat(SuperblockLayout.LAYOUT.byteSize()).isEqualTo(64);
        assertThat(new long[] {
                    SuperblockLayout.MAGIC_OFFSET,
                    SuperblockLayout.LAYOUT_VERSION_OFFSET,
                    SuperblockLayout.EPOCH_OFFSET,
                    SuperblockLayout.STREAM_ID_OFFSET,
                    SuperblockLayout.REGION_TYPE_OFFSET,
                    SuperblockLayout.POOL_ID_OFFSET,
                    SuperblockLayout.NSLOTS_OFFSET,
                    SuperblockLayout.SLOT_BYTES_OFFSET,
                    SuperblockLayout.STRIDE_BYTES_OFFSET,
                    SuperblockLayout.PID_OFFSET,
                    SuperblockLayout.START_TIMESTAMP_NS_OFFSET,
                    SuperblockLayout.ACTIVITY_TIMESTAMP_NS_OFFSET
                })
                .containsExactly(0, 8, 12, 20, 24, 26, 28, 32, 36, 40, 48, 56);
        assertThat(SuperblockLayout.MAGIC).isEqualTo(6075162711091072305L);
    }

    @Test
    void shouldPlaceSlotFieldsWhereTheSpecificationSays() {
        assertThat(offsets(SlotLayout.LAYOUT))
                .containsExactlyEntriesOf(expected(
                        "seqCommit", 0,
                        "valuesLenBytes", 8,
                        "payloadSlot", 12,
                        "poolId", 16,
                        "payloadOffset", 18,
                        "timestampNs", 22,
                        "metaVersion", 30,
                        "pad", 34,
                        "headerBytesLength", 60,
                        "tensorHeader", 64));
        assertThat(SlotLayout.LAYOUT.byteSize()).isEqualTo(256);
        assertThat(SlotLayout.LAYOUT.byteAlignment()).isEqualTo(8);
        assertThat(SlotLayout.HEADER_BYTES_LENGTH).isEqualTo(192);
        assertThat(SlotLayout.PAD_BYTES).isEqualTo(26);
        assertThat(new long[] {
                    SlotLayout.SEQ_COMMIT_OFFSET,
                    SlotLayout.VALUES_LEN_BYTES_OFFSET,
                    SlotLayout.PAYLOAD_SLOT_OFFSET,
                    SlotLayout.POOL_ID_OFFSET,
                    SlotLayout.PAYLOAD_OFFSET_OFFSET,
                    SlotLayout.TIMESTAMP_NS_OFFSET,
                    SlotLayout.META_VERSION_OFFSET,
                    SlotLayout.PAD_OFFSET,
                    SlotLayout.HEADER_BYTES_LENGTH_OFFSET,
                    SlotLayout.TENSOR_HEADER_OFFSET
                })
                .containsExactly(0, 8, 12, 16, 18, 22, 30, 34, 60, 64);
    }

    @Test
    void shouldPlaceTensorHeaderFieldsWhereTheSpecificationSays() {
        assertThat(offsets(TensorHeaderLayout.LAYOUT))
                .containsExactlyEntriesOf(expected(
                        "blockLength", 0,
                        "templateId", 2,
                        "schemaId", 4,
                        "version", 6,
                        "dtype", 8,
                        "majorOrder", 10,
                        "ndims", 12,
                        "padAlign", 13,
                        "progressUnit", 14,
                        "progressStrideBytes", 15,
                        "dims", 19,
                        "strides", 51,
                        "pad", 83));
        assertThat(TensorHeaderLayout.LAYOUT.byteSize()).isEqualTo(192);
        assertThat(TensorHeaderLayout.LAYOUT.byteSize() - TensorHeaderLayout.DTYPE_OFFSET)
                .isEqualTo(TensorHeaderLayout.BLOCK_LENGTH);
        assertThat(TensorHeaderLayout.PAD_BYTES).isEqualTo(109);
        assertThat(new long[] {
                    TensorHeaderLayout.BLOCK_LENGTH_OFFSET,
                    TensorHeaderLayout.TEMPLATE_ID_OFFSET,
                    TensorHeaderLayout.SCHEMA_ID_OFFSET,
                    TensorHeaderLayout.VERSION_OFFSET,
                    TensorHeaderLayout.DTYPE_OFFSET,
                    TensorHeaderLayout.MAJOR_ORDER_OFFSET,
                    TensorHeaderLayout.NDIMS_OFFSET,
                    TensorHeaderLayout.PAD_ALIGN_OFFSET,
                    TensorHeaderLayout.PROGRESS_UNIT_OFFSET,
                    TensorHeaderLayout.PROGRESS_STRIDE_BYTES_OFFSET,
                    TensorHeaderLayout.DIMS_OFFSET,
                    TensorHeaderLayout.STRIDES_OFFSET,
                    TensorHeaderLayout.PAD_OFFSET
                })
                .containsExactly(0, 2, 4, 6, 8, 10, 12, 13, 14, 15, 19, 51, 83);
    }

    @Test
    void shouldPlaceSlotsOfARing() {
        assertThat(HeaderRingLayout.SUPERBLOCK_OFFSET).isZero();
        assertThat(HeaderRingLayout.SLOTS_OFFSET).isEqualTo(64);
        assertThat(HeaderRingLayout.SLOT_BYTES).isEqualTo(256);
        assertThat(HeaderRingLayout.slotOffset(7)).isEqualTo(64 + 7 * 256);
        assertThat(HeaderRingLayout.slotOffset(1 << 29)).isEqualTo(64 + (1L << 37));
        assertThat(HeaderRingLayout.of(8).byteSize()).isEqualTo(2112);
        assertThat(HeaderRingLayout.of(8).byteOffset(PathElement.groupElement("slots"), PathElement.sequenceElement(7)))
                .isEqualTo(HeaderRingLayout.slotOffset(7));
    }

    @Test
    void shouldPlacePayloadsOfAPoolBeyondFourGibibytes() {
        assertThat(PayloadPoolLayout.SUPERBLOCK_OFFSET).isZero();
        assertThat(PayloadPoolLayout.PAYLOADS_OFFSET).isEqualTo(64);
        assertThat(PayloadPoolLayout.payloadOffset(3, 4096)).isEqualTo(64 + 3 * 4096);
        assertThat(PayloadPoolLayout.payloadOffset(1023, 0xFFFF_FFC0L)).isEqualTo(64 + 1023 * 0xFFFF_FFC0L);
        assertThat(PayloadPoolLayout.of(8, 4096).byteSize()).isEqualTo(32832);
        assertThat(PayloadPoolLayout.of(1024, 0xFFFF_FFC0L).byteSize()).isEqualTo(64 + 1024 * 0xFFFF_FFC0L);
        assertThat(PayloadPoolLayout.of(16, 0x4000_0000L)
                        .byteOffset(PathElement.groupElement("payloads"), PathElement.sequenceElement(15)))
                .isEqualTo(PayloadPoolLayout.payloadOffset(15, 0x4000_0000L));
    }

    @Test
    void shouldWriteLittleEndianWhereMembersAreNotAligned() {
        try (Arena arena = Arena.ofConfined()) {
            final MemorySegment segment = arena.allocate(320, 64);
            SuperblockLayout.EPOCH_VH.set(segment, 64L, 0x0102030405060708L);
            assertThat(segment.asSlice(64 + 12, 8).toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(8, 7, 6, 5, 4, 3, 2, 1);
            TensorHeaderLayout.DIMS_VH.set(segment, 64L, 7L, 0x01020304);
            assertThat(segment.asSlice(64 + 19 + 28, 4).toArray(ValueLayout.JAVA_BYTE))
                    .containsExactly(4, 3, 2, 1);
        }
    }

    private static Map<String, Long> offsets(final StructLayout layout) {
        final Map<String, Long> offsets = new LinkedHashMap<>();
        for (final MemoryLayout member : layout.memberLayouts()) {
            final String name = member.name().orElseThrow();
            offsets.put(name, layout.byteOffset(PathElement.groupElement(name)));
        }
        return offsets;
    }

    private static Map<String, Long> expected(final Object... namesAndOffsets) {
        final Map<String, Long> offsets = new LinkedHashMap<>();
        for (int i = 0; i < namesAndOffsets.length; i += 2) {
            offsets.put((String) namesAndOffsets[i], ((Integer) namesAndOffsets[i + 1]).longValue());
        }
        return offsets;
    }
}
