package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tensorpool.Dtype;
import io.tensorpool.MajorOrder;
import io.tensorpool.ProgressUnit;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import io.tensorpool.layout.SlotLayout;
import io.tensorpool.layout.TensorHeaderLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a reader accepts and refuses, field by field: a good frame is written, then one field of its slot changed. */
class SlotReaderTest {
    private static final long SEQ = 11; // second lap, slot 3
    private static final int SLOT = 3;
    private static final int LENGTH_BYTES = 24;
    private static final TensorShape SHAPE = TensorShape.of(Dtype.FLOAT32, 2, 3);

    private TestEpoch epoch;
    private EpochMapping mapping;
    private SlotReader reader;
    private final SlotView view = new SlotView();
    private MemorySegment slot;

    @BeforeEach
    void writeAGoodFrame() {
        epoch = new TestEpoch();
        mapping = epoch.map();
        reader = new SlotReader(mapping);
        slot = epoch.written().headerRing().asSlice(HeaderRingLayout.slotOffset(SLOT), HeaderRingLayout.SLOT_BYTES);
        write(SEQ, LENGTH_BYTES, SHAPE);
    }

    @AfterEach
    void unmap() {
        mapping.release();
        epoch.close();
    }

    @Test
    void shouldHandOutTheFrame() {
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.seq()).isEqualTo(SEQ);
        assertThat(view.timestampNs()).isEqualTo(1_000 + SEQ);
        assertThat(view.metaVersion()).isEqualTo(5);
        assertThat(view.poolIndex()).isZero();
        assertThat(view.poolId()).isEqualTo(1);
        assertThat(view.shape()).isEqualTo(SHAPE);
        assertThat(view.lengthBytes()).isEqualTo(LENGTH_BYTES);
        assertThat(view.payload().isReadOnly()).isTrue();
        assertThat(view.payload().byteSize()).isEqualTo(LENGTH_BYTES);
        assertThat(view.payload().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) SEQ);
        assertThat(reader.isIntact(SEQ)).isTrue();
    }

    @Test
    void shouldReadAWritableMappingThroughReadOnlySlices() {
        final SlotReader ofWriter = new SlotReader(epoch.written());
        assertThat(ofWriter.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.payload().isReadOnly()).isTrue();
    }

    @Test
    void shouldNotHandOutAnythingBeforeTheFirstFrame() {
        assertThatThrownBy(view::payload).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(view::shape).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void shouldReuseShapeAndSliceWhileNothingChanges() {
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        final TensorShape shape = view.shape();
        final MemorySegment payload = view.payload();
        write(SEQ + TestEpoch.NSLOTS, LENGTH_BYTES, TensorShape.of(Dtype.FLOAT32, 2, 3));
        assertThat(reader.read(SEQ + TestEpoch.NSLOTS, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isSameAs(shape);
        assertThat(view.payload()).isSameAs(payload);
        slot.set(ValueLayout.JAVA_BYTE, 255, (byte) 7); // in the pad
        slot.set(ValueLayout.JAVA_BYTE, SlotLayout.PAD_OFFSET, (byte) 7);
        assertThat(reader.read(SEQ + TestEpoch.NSLOTS, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isSameAs(shape);
    }

    @Test
    void shouldFollowAChangeOfShapeLengthAndPool() {
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        final SlotWriter writer = new SlotWriter(epoch.written());
        final TensorShape other = TensorShape.of(Dtype.UINT8, 5);
        writer.claim(12, 1, 6).fill((byte) 9);
        writer.commit(12, 1, 6, other, 1, 2);
        assertThat(reader.read(12, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(other);
        assertThat(view.poolId()).isEqualTo(7);
        assertThat(view.payload().toArray(ValueLayout.JAVA_BYTE)).containsExactly(9, 9, 9, 9, 9, 9);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(SHAPE);
        assertThat(view.poolId()).isEqualTo(1);
    }

    @Test
    void shouldRefuseASlotThatWasNeverUsedOrIsBeingWritten() {
        assertRefused(4, Rejection.NOT_COMMITTED);
        assertRefused(0, Rejection.NOT_COMMITTED);
        new SlotWriter(epoch.written()).claim(SEQ + TestEpoch.NSLOTS, 0, 1);
        assertRefused(SEQ, Rejection.NOT_COMMITTED);
        assertRefused(SEQ + TestEpoch.NSLOTS, Rejection.NOT_COMMITTED);
        assertThat(reader.isIntact(SEQ)).isFalse();
    }

    @Test
    void shouldRefuseAnotherFrameInTheSlot() {
        assertRefused(SEQ - TestEpoch.NSLOTS, Rejection.SEQ_MISMATCH);
        assertRefused(SEQ + TestEpoch.NSLOTS, Rejection.SEQ_MISMATCH);
        assertRefused(SEQ | 1L << 62, Rejection.SEQ_MISMATCH);
        assertThat(reader.isIntact(SEQ - TestEpoch.NSLOTS)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "60,4,191,HEADER_LENGTH",
        "60,4,0,HEADER_LENGTH",
        "60,4,-1,HEADER_LENGTH",
        "64,2,183,MESSAGE_HEADER",
        "64,2,185,MESSAGE_HEADER",
        "66,2,51,MESSAGE_HEADER",
        "68,2,901,MESSAGE_HEADER",
        "70,2,2,MESSAGE_HEADER",
        "70,2,0,MESSAGE_HEADER",
        "72,2,0,DTYPE",
        "72,2,12,DTYPE",
        "72,2,15,DTYPE",
        "72,2,-1,DTYPE",
        "74,2,0,MAJOR_ORDER",
        "74,2,3,MAJOR_ORDER",
        "74,2,-1,MAJOR_ORDER",
        "76,1,0,NDIMS",
        "76,1,9,NDIMS",
        "76,1,255,NDIMS",
        "78,1,3,PROGRESS_UNIT",
        "78,1,255,PROGRESS_UNIT",
        "78,1,1,PROGRESS_STRIDE",
        "78,1,2,PROGRESS_STRIDE",
        "83,4,-1,DIMS",
        "87,4,-2147483648,DIMS",
        "83,4,0,DIMS",
        "115,4,-1,STRIDES",
        "115,4,11,STRIDES",
        "119,4,3,STRIDES",
        "119,4,5,STRIDES",
        "119,4,-4,STRIDES",
        "74,2,2,STRIDES",
        "18,4,1,PAYLOAD_OFFSET",
        "18,4,-1,PAYLOAD_OFFSET",
        "12,4,4,PAYLOAD_SLOT",
        "12,4,-1,PAYLOAD_SLOT",
        "16,2,2,POOL_UNKNOWN",
        "16,2,65535,POOL_UNKNOWN",
        "8,4,1025,VALUES_LENGTH",
        "8,4,-1,VALUES_LENGTH",
        "8,4,23,EXTENT",
        "8,4,0,EXTENT",
        "83,4,3,EXTENT",
        "115,4,13,EXTENT",
        "83,4,2147483647,EXTENT",
    })
    void shouldRefuseASlotWithOneWrongField(
            final long offset, final int bytes, final long value, final Rejection expected) {
        final byte[] good = slot.toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < bytes; i++) {
            slot.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (value >> 8 * i));
        }
        assertRefused(SEQ, expected);
        // A frame like it that is in order must not profit from, nor suffer by, what was seen before.
        MemorySegment.copy(good, 8, slot, ValueLayout.JAVA_BYTE, 8, good.length - 8);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        for (int i = 0; i < bytes; i++) {
            slot.set(ValueLayout.JAVA_BYTE, offset + i, (byte) (value >> 8 * i));
        }
        assertRefused(SEQ, expected);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void shouldTakeAStrideOfZeroAsContiguous(final int zeroed) {
        final MajorOrder order = zeroed < 2 ? MajorOrder.ROW : MajorOrder.COLUMN;
        write(SEQ, 48, TensorShape.contiguous(Dtype.INT16, order, 2, 3, 4));
        stride(zeroed % 2, 0);
        stride(2, 0);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(TensorShape.contiguous(Dtype.INT16, order, 2, 3, 4));
    }

    @Test
    void shouldInferAStrideFromThePaddedOneInsideIt() {
        write(SEQ, 64, TensorShape.strided(Dtype.UINT8, MajorOrder.ROW, new int[] {2, 2, 3}, new int[] {32, 16, 1}));
        stride(0, 0);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape().strideBytes(0)).isEqualTo(32);
    }

    @Test
    void shouldAcceptEqualStridesAtExtentsOfOne() {
        final TensorShape shape = TensorShape.of(Dtype.INT8, 1, 2, 1, 2, 1, 2, 1, 2);
        write(SEQ, 16, shape);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(shape);
        assertThat(IntStream.range(0, 8).map(shape::strideBytes)).containsExactly(16, 8, 8, 4, 4, 2, 2, 1);
    }

    @Test
    void shouldAcceptAnEmptyTensorWithAnEmptyPayload() {
        write(SEQ, 0, TensorShape.of(Dtype.UINT16, 4, 0, 3));
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.lengthBytes()).isZero();
        assertThat(view.shape().elementCount()).isZero();
    }

    @Test
    void shouldAcceptAPayloadLongerThanItsTensor() {
        write(SEQ, 1024, SHAPE);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.lengthBytes()).isEqualTo(1024);
    }

    @Test
    void shouldIgnoreIndicesBeyondTheDimensions() {
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 83 + 2 * 4, -5);
        stride(2, -7);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(SHAPE);
    }

    @ParameterizedTest
    @CsvSource({"ROWS,12", "COLUMNS,4"})
    void shouldAcceptProgressWithTheStrideOfItsDimension(final ProgressUnit unit, final int strideBytes) {
        write(SEQ, LENGTH_BYTES, SHAPE.withProgress(unit));
        assertThat(slot.get(ValueLayout.JAVA_INT_UNALIGNED, 79)).isEqualTo(strideBytes);
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
        assertThat(view.shape()).isEqualTo(SHAPE.withProgress(unit));
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 79, 0);
        assertRefused(SEQ, Rejection.PROGRESS_STRIDE);
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 79, strideBytes);
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 115, 0); // inferred, the progress stride fits all the same
        assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
    }

    @Test
    void shouldRefuseColumnsOfATensorWithOneDimension() {
        write(SEQ, LENGTH_BYTES, TensorShape.of(Dtype.UINT8, LENGTH_BYTES));
        slot.set(ValueLayout.JAVA_BYTE, 78, (byte) 2);
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 79, 1);
        assertRefused(SEQ, Rejection.PROGRESS_STRIDE);
    }

    @Test
    void shouldNotOverflowWhereExtentsAndStridesAreHuge() {
        write(SEQ, LENGTH_BYTES, TensorShape.of(Dtype.FLOAT64, 1, 1, 1));
        for (int i = 0; i < 3; i++) {
            slot.set(ValueLayout.JAVA_INT_UNALIGNED, 83 + 4 * i, Integer.MAX_VALUE);
            stride(i, 0);
        }
        assertRefused(SEQ, Rejection.STRIDES); // the second inferred stride passes 2^31
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 83 + 4, 1);
        slot.set(ValueLayout.JAVA_INT_UNALIGNED, 83 + 8, (1 << 28) - 1);
        assertRefused(SEQ, Rejection.EXTENT); // 2^31 times almost 2^31 bytes
    }

    @Test
    void shouldJudgeAHeaderThatDiffersInOneByteFromTheOneBeforeAsIfItWereTheFirst() {
        final SlotView fresh = new SlotView();
        for (long at = SlotLayout.HEADER_BYTES_LENGTH_OFFSET; at < HeaderRingLayout.SLOT_BYTES; at++) {
            assertThat(reader.read(SEQ, view)).isEqualTo(SlotReader.OK);
            final byte was = slot.get(ValueLayout.JAVA_BYTE, at);
            slot.set(ValueLayout.JAVA_BYTE, at, (byte) (was + 1));
            final int code = reader.read(SEQ, view);
            assertThat(code).as("byte %d", at).isEqualTo(new SlotReader(mapping).read(SEQ, fresh));
            if (code == SlotReader.OK) {
                assertThat(view.shape()).as("byte %d", at).isEqualTo(fresh.shape());
            }
            slot.set(ValueLayout.JAVA_BYTE, at, was);
        }
    }

    @Test
    void shouldHaveOneCodePerCause() {
        final int[] codes =
                Arrays.stream(Rejection.values()).mapToInt(Rejection::code).toArray();
        assertThat(codes)
                .doesNotContain(SlotReader.OK)
                .isEqualTo(IntStream.rangeClosed(1, codes.length).toArray());
        for (final Rejection rejection : Rejection.values()) {
            assertThat(Rejection.of(rejection.code())).isSameAs(rejection);
            assertThat(rejection.description()).isNotBlank();
        }
        assertThat(Arrays.stream(Rejection.values()).filter(Rejection::isLate))
                .containsExactly(Rejection.NOT_COMMITTED, Rejection.SEQ_MISMATCH, Rejection.OVERWRITTEN);
    }

    private void write(final long seq, final int lengthBytes, final TensorShape shape) {
        final SlotWriter writer = new SlotWriter(epoch.written());
        writer.claim(seq, 0, lengthBytes).fill((byte) seq);
        writer.commit(seq, 0, lengthBytes, shape, 1_000 + seq, 5);
    }

    private void stride(final int dimension, final int value) {
        slot.set(
                ValueLayout.JAVA_INT_UNALIGNED,
                SlotLayout.TENSOR_HEADER_OFFSET + TensorHeaderLayout.STRIDES_OFFSET + 4L * dimension,
                value);
    }

    private void assertRefused(final long seq, final Rejection expected) {
        final int code = reader.read(seq, view);
        assertThat(code).as("seq %d", seq).isNotEqualTo(SlotReader.OK);
        assertThat(Rejection.of(code)).isSameAs(expected);
    }
}
