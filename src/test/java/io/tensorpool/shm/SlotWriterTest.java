package io.tensorpool.shm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.tensorpool.Dtype;
import io.tensorpool.TensorShape;
import io.tensorpool.layout.HeaderRingLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SlotWriterTest {
    private static final TensorShape SHAPE = TensorShape.of(Dtype.UINT8, 4, 4);

    private TestEpoch epoch;
    private EpochMapping mapping;
    private SlotWriter writer;

    @BeforeEach
    void open() {
        epoch = new TestEpoch();
        mapping = epoch.written();
        writer = new SlotWriter(mapping);
    }

    @AfterEach
    void close() {
        epoch.close();
    }

    @Test
    void shouldHandOutASliceOfTheClaimedLengthAndReuseIt() {
        final MemorySegment payload = writer.claim(1, 0, 100);
        assertThat(payload.byteSize()).isEqualTo(100);
        assertThat(payload.isReadOnly()).isFalse();
        assertThat(payload.address() % 64).isZero();
        assertThat(writer.claim(1 + TestEpoch.NSLOTS, 0, 100)).isSameAs(payload);
        assertThat(writer.claim(1 + 2 * TestEpoch.NSLOTS, 0, 99).byteSize()).isEqualTo(99);
        assertThat(writer.claim(2, 0, 0).byteSize()).isZero();
        assertThat(writer.claim(3, 1, 64).byteSize()).isEqualTo(64);
    }

    @Test
    void shouldOverwriteEveryByteOfTheHeader() {
        final MemorySegment slot =
                mapping.headerRing().asSlice(HeaderRingLayout.slotOffset(2), HeaderRingLayout.SLOT_BYTES);
        slot.fill((byte) 0xAA);
        writer.claim(2, 0, 16);
        writer.commit(2, 0, 16, SHAPE, 3, 4);
        final byte[] bytes = slot.toArray(ValueLayout.JAVA_BYTE);
        for (int i = 34; i < 60; i++) {
            assertThat(bytes[i]).as("pad at %d", i).isZero();
        }
        for (int i = 83 + 2 * 4; i < 115; i++) {
            assertThat(bytes[i]).as("unused dimension at %d", i).isZero();
        }
        for (int i = 115 + 2 * 4; i < 256; i++) {
            assertThat(bytes[i]).as("unused stride or pad at %d", i).isZero();
        }
    }

    @Test
    void shouldLeaveTheOldHeaderInASlotThatIsClaimedOnly() {
        writer.claim(2, 0, 16);
        writer.commit(2, 0, 16, SHAPE, 3, 4);
        final MemorySegment slot =
                mapping.headerRing().asSlice(HeaderRingLayout.slotOffset(2), HeaderRingLayout.SLOT_BYTES);
        final byte[] committed = slot.toArray(ValueLayout.JAVA_BYTE);
        writer.claim(2 + TestEpoch.NSLOTS, 0, 16);
        assertThat(slot.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(2 * (2 + TestEpoch.NSLOTS));
        assertThat(slot.asSlice(8).toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(java.util.Arrays.copyOfRange(committed, 8, 256));
    }

    @Test
    void shouldFollowEveryChangeOfShapeInOneSlot() {
        final SlotReader reader = new SlotReader(mapping);
        final SlotView view = new SlotView();
        final TensorShape other = TensorShape.of(Dtype.UINT8, 16);
        final TensorShape[] shapes = {SHAPE, SHAPE, other, SHAPE, other, other};
        for (int lap = 0; lap < shapes.length; lap++) {
            final long seq = 2 + (long) lap * TestEpoch.NSLOTS;
            writer.claim(seq, 0, 16);
            writer.commit(seq, 0, 16, shapes[lap], lap, -lap);
            assertThat(reader.read(seq, view)).isEqualTo(SlotReader.OK);
            assertThat(view.shape()).isEqualTo(shapes[lap]);
            assertThat(view.timestampNs()).isEqualTo(lap);
            assertThat(view.metaVersion()).isEqualTo(-lap);
            writer.claim(seq + 1, 0, 16); // the shape changes in another slot, too
            writer.commit(seq + 1, 0, 16, lap % 2 == 0 ? other : SHAPE, 0, 0);
        }
    }

    @Test
    void shouldFollowEveryChangeOfShape() {
        final SlotReader reader = new SlotReader(mapping);
        final SlotView view = new SlotView();
        final TensorShape[] shapes = {
            SHAPE,
            TensorShape.of(Dtype.UINT8, 16),
            TensorShape.of(Dtype.INT32, 1, 2, 1, 2),
            SHAPE,
            TensorShape.of(Dtype.UINT8, 4, 4),
            TensorShape.of(Dtype.UINT8, 0)
        };
        for (int seq = 0; seq < shapes.length; seq++) {
            final long length = shapes[seq].lengthBytes();
            writer.claim(seq, 0, length);
            writer.commit(seq, 0, length, shapes[seq], 0, 0);
            assertThat(reader.read(seq, view)).isEqualTo(SlotReader.OK);
            assertThat(view.shape()).isEqualTo(shapes[seq]);
        }
    }

    @Test
    void shouldRefuseLengthsThatDoNotFit() {
        assertThatThrownBy(() -> writer.claim(0, 1, 65))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("65 bytes")
                .hasMessageContaining("pool 7 holds 0 to 64");
        assertThatThrownBy(() -> writer.claim(0, 0, -1)).isInstanceOf(IllegalArgumentException.class);
        writer.claim(0, 0, 15);
        assertThatThrownBy(() -> writer.commit(0, 0, 15, SHAPE, 0, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("takes 16 bytes; the payload has 15");
        assertThatThrownBy(() -> writer.commit(0, 0, 15, TensorShape.of(Dtype.UINT8, 0), 0, 0))
                .isInstanceOf(IllegalArgumentException.class);
        assertThat(new SlotReader(mapping).read(0, new SlotView())).isEqualTo(Rejection.NOT_COMMITTED.code());
    }

    @Test
    void shouldRefuseAReadOnlyMapping() {
        final EpochMapping readOnly = epoch.map();
        assertThatThrownBy(() -> new SlotWriter(readOnly))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("cannot be written to");
        readOnly.release();
    }

    @Test
    void shouldNotCommitAfterAFaultOfThePayload() {
        writer.claim(2, 0, 16);
        TestEpoch.truncate(epoch.poolFile(0), 0);
        final SlotReader reader = new SlotReader(mapping);
        int faults = 0;
        try {
            for (long seq = 2; seq < 6; seq++) {
                writer.claim(seq, 0, 16).fill((byte) 1);
                writer.commit(seq, 0, 16, SHAPE, 0, 0);
            }
        } catch (final InternalError e) {
            faults++;
        }
        assertThat(faults).isEqualTo(1);
        for (long seq = 2; seq < 6; seq++) {
            assertThat(reader.read(seq, new SlotView())).isEqualTo(Rejection.NOT_COMMITTED.code());
        }
    }

    @Test
    void shouldAllocateNothingPerFrameInSteadyState() {
        final SlotReader reader = new SlotReader(mapping);
        final SlotView view = new SlotView();
        final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        final long thread = Thread.currentThread().threadId();
        long seq = frames(reader, view, 0, 200_000);
        threads.getThreadAllocatedBytes(thread);
        final int frames = 100_000;
        final long before = threads.getThreadAllocatedBytes(thread);
        seq = frames(reader, view, seq, frames);
        final long allocated = threads.getThreadAllocatedBytes(thread) - before;
        assertThat(seq).isEqualTo(300_000);
        // What the measurement itself takes does not grow with the number of frames.
        assertThat(allocated).isLessThan(frames / 100);
    }

    private long frames(final SlotReader reader, final SlotView view, final long first, final int count) {
        long seq = first;
        for (int i = 0; i < count; i++, seq++) {
            final int poolIndex = (int) (seq & 1);
            writer.claim(seq, poolIndex, 16).set(ValueLayout.JAVA_LONG, 0, seq);
            writer.commit(seq, poolIndex, 16, SHAPE, seq, 0);
            if (reader.read(seq, view) != SlotReader.OK || !reader.isIntact(seq)) {
                throw new AssertionError("frame " + seq + " was refused");
            }
        }
        return seq;
    }
}
